using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tools;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

/// <summary>Calls, links and missions for tests of expressions over the chain, with times in seconds after the mission was opened.</summary>
internal static class ChainGiven
{
    public static DateTimeOffset Opened { get; } = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    public static MissionFacts Mission { get; } = new(
        new MissionId("contain-abcdefghij"),
        "contain",
        "soc@corp.example",
        [new AgentId("responder")],
        Json("""{"user":"ada","m":2,"w":"5m","list":["ada","bob"]}"""),
        Opened,
        Opened.AddHours(2));

    public static ChainCall Link(long index, string tool, string arguments = "{}", string? result = "{}", double seconds = 0, string[]? labels = null) => new(
        new CallId(new Guid((int)index, 0, 0, new byte[8])),
        index,
        Tool(tool),
        Json(arguments),
        result is null ? null : Json(result),
        [.. labels ?? []],
        Opened.AddSeconds(seconds),
        CallOutcome.Ok);

    public static ChainCall Pending(long index, string tool, string arguments = "{}", double seconds = 0) =>
        Link(index, tool, arguments, null, seconds) with { Outcome = CallOutcome.Pending };

    public static ToolCall Call(string tool = "fleet/isolate_host", string arguments = "{}", double seconds = 0) =>
        new(new CallId(Guid.Empty), new AgentId("responder"), Tool(tool), Json(arguments), Opened.AddSeconds(seconds));

    public static RuleExpression Rule(string source)
    {
        var compiled = RuleExpression.Compile(source, new SourcePosition("rules.yaml", 1, 1));
        Assert.True(compiled.IsValid, string.Join("\n", compiled.Problems));
        return compiled.Value;
    }

    public static RuleExpressionState State(string source, params ReadOnlySpan<ChainCall> settled)
    {
        var state = Rule(source).NewState(Mission);
        foreach (var link in settled)
            state.Settle(link);
        return state;
    }

    public static ToolFacts Tool(string id)
    {
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        var name = id[(slash + 1)..];
        return new ToolFacts
        {
            Id = new ToolId(new BackendId(id[..slash]), name),
            Domain = id[..slash] is "fleet" ? "infrastructure" : "identity",
            Effect = name.StartsWith("get", StringComparison.Ordinal) ? Effect.Read : Effect.Write,
            Sinks = name.StartsWith("send", StringComparison.Ordinal) ? [SinkNames.External] : [],
            Definition = Digest.Zero,
        };
    }

    public static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
