using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tools;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

/// <summary>What an expression says by CEL's own meaning: `chain` is a plain list of plain maps, and every question walks it.</summary>
internal static class ChainReference
{
    private static readonly CelEnvironment Plain = new(
    [
        new CelVariable("call", CelType.Dyn),
        new CelVariable("mission", CelType.Dyn),
        new CelVariable("agent", CelType.Dyn),
        new CelVariable("now", CelType.Dyn),
        new CelVariable("chain", CelType.Dyn),
        new CelVariable("at", CelType.Dyn),
    ]);

    public static CelProgram Compile(string source)
    {
        var parsed = CelParser.Parse(source);
        Assert.True(parsed.IsValid, string.Join("\n", parsed.Problems));
        var program = CelProgram.Compile(parsed.Value, Plain);
        Assert.True(program.IsValid, string.Join("\n", program.Problems));
        return program.Value;
    }

    /// <param name="at">The value of one more variable, `at`, that only tests have.</param>
    public static CelValue Evaluate(CelProgram program, ToolCall call, IEnumerable<ChainCall> chain, long at = 0) => program.Evaluate(
        new Variables(OfCall(call), OfMission(ChainGiven.Mission), call, CelValue.ListOf([.. chain.OrderBy(link => link.Index).Select(OfLink)]), at));

    /// <summary>The variables of an expression as plain values, for another implementation.</summary>
    public static IReadOnlyDictionary<string, CelValue> ValuesOf(ToolCall call, IEnumerable<ChainCall> chain) => new Dictionary<string, CelValue>(StringComparer.Ordinal)
    {
        ["call"] = OfCall(call),
        ["mission"] = OfMission(ChainGiven.Mission),
        ["agent"] = Map(("id", CelValue.Of(call.Agent.Value))),
        ["now"] = CelValue.Of(call.Time),
        ["chain"] = CelValue.ListOf([.. chain.OrderBy(link => link.Index).Select(OfLink)]),
    };

    private static CelValue OfCall(ToolCall call) => Map(
        ("tool", CelValue.Of(call.Tool.Id.ToString())),
        ("backend", CelValue.Of(call.Tool.Id.Backend.Value)),
        ("name", CelValue.Of(call.Tool.Id.Name)),
        ("domain", CelValue.Of(call.Tool.Domain)),
        ("effect", CelValue.Of(EffectNames.Write(call.Tool.Effect))),
        ("args", CelValue.FromJson(call.Arguments)),
        ("sinks", CelValue.ListOf(call.Tool.Sinks)));

    private static CelValue OfLink(ChainCall link) => Map(
        ("tool", CelValue.Of(link.Tool.Id.ToString())),
        ("backend", CelValue.Of(link.Tool.Id.Backend.Value)),
        ("name", CelValue.Of(link.Tool.Id.Name)),
        ("domain", CelValue.Of(link.Tool.Domain)),
        ("effect", CelValue.Of(EffectNames.Write(link.Tool.Effect))),
        ("args", CelValue.FromJson(link.Arguments)),
        ("result", link.Result is { } result ? CelValue.FromJson(result) : CelValue.Null),
        ("labels", CelValue.ListOf(link.Labels)),
        ("time", CelValue.Of(link.Time)),
        ("index", CelValue.Of(link.Index)),
        ("outcome", CelValue.Of(link.Outcome.ToString().ToLowerInvariant())));

    private static CelValue OfMission(MissionFacts mission) => Map(
        ("id", CelValue.Of(mission.Id.Value)),
        ("name", CelValue.Of(mission.Name)),
        ("owner", CelValue.Of(mission.Owner)),
        ("agents", CelValue.ListOf([.. mission.Agents.Select(agent => agent.Value)])),
        ("inputs", CelValue.FromJson(mission.Inputs)),
        ("opened", CelValue.Of(mission.Opened)),
        ("expires", CelValue.Of(mission.Expires)));

    private static CelValue Map(params ReadOnlySpan<(string Name, CelValue Value)> fields)
    {
        var entries = new Dictionary<CelValue, CelValue>();
        foreach (var (name, value) in fields)
            entries.Add(CelValue.Of(name), value);
        return CelValue.Of(new DictionaryCelMap(entries));
    }

    private sealed class Variables(CelValue call, CelValue mission, ToolCall proposed, CelValue chain, long at) : Activation
    {
        public override CelValue Variable(int index) => index switch
        {
            0 => call,
            1 => mission,
            2 => Map(("id", CelValue.Of(proposed.Agent.Value))),
            3 => CelValue.Of(proposed.Time),
            4 => chain,
            _ => CelValue.Of(at),
        };
    }
}
