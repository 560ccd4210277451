using CsCheck;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

/// <summary>The short forms are defined by the CEL they stand for: on random chains, both give the same answer.</summary>
public class ShortFormTests
{
    private static readonly ToolFacts[] Tools =
        [Tool.Read("a/get", "personal"), Tool.Read("a/list"), Tool.Write("a/set"), Tool.Send("b/send"), Tool.Write("b/set")];

    private static readonly string[] Values = ["\"u1\"", "\"u2\"", "1", "2.5", "true", "null"];

    /// <summary>How many of <see cref="Values"/> are text or numbers: a wall knows no others.</summary>
    private const int AtomCount = 4;

    private static Gen<Call> Calls(int values) => Gen.Select(
        Gen.Int[0, Tools.Length - 1],
        Gen.Int[-1, values - 1],
        Gen.Int[-1, values - 1],
        Gen.Int[0, 15],
        Gen.Enum<CallOutcome>(),
        (tool, user, host, seconds, outcome) => Call.To(Tools[tool], Arguments(user, host)) with
        {
            After = TimeSpan.FromSeconds(seconds),
            Outcome = outcome,
        });

    [Theory]
    [InlineData("before: { tools: [a/get, 'effect:send'] }")]
    [InlineData("before: { tools: [a/get], same: [user] }")]
    [InlineData("before: { tools: [a/get], same: [user, host], within: 40s }")]
    [InlineData("on: [a/set], before: { tools: [a/get], same: [user] }")]
    [InlineData("on: ['effect:write'], before: { tools: ['a/*'], within: 20s }")]
    [InlineData("never-after: { tools: [b/send] }")]
    [InlineData("never-after: { tools: [b/send], same: [host] }")]
    [InlineData("on: [a/set, b/set], never-after: { tools: ['domain:b'], same: [user, host] }")]
    [InlineData("budget: { max: 5 }")]
    [InlineData("on: ['effect:write'], budget: { max: 3 }")]
    [InlineData("on: ['b/*'], budget: { max: 2, per: call.args.user }")]
    [InlineData("budget: { max: 2, per: call.args.user }")]
    [InlineData("on: [a/get, a/list], window: { max: 2, per: 30s }")]
    [InlineData("window: { max: 3, per: 20s }")]
    [InlineData("wall: { by: call.args.host }")]
    [InlineData("on: ['effect:write'], wall: { by: call.args.host }")]
    [InlineData("flow: { label: personal, to: external }")]
    public void Form_MeansItsCel(string form)
    {
        var template = Given.Template($$"""
            grants: [{ read: [a/*] }, { tools: [a/set, b/send, b/set] }]
            rules: [{ id: form, {{form}} }]
            """);
        var cel = template.Rules[0].Cel!;
        var compiled = RuleExpression.Compile(cel, new SourcePosition("cel", 1, 1));
        Assert.True(compiled.IsValid, $"{cel}: {string.Join(' ', compiled.Problems)}");

        var calls = Calls(template.Rules[0].Form is Wall ? AtomCount : Values.Length);
        Gen.Select(calls.Array[0, 15], calls).Sample(
            (chain, probe) =>
            {
                var mission = Given.Opened(template);
                foreach (var call in chain.Where(call => mission.Decide(call) is Decision.Permit))
                    mission.After(call);

                var state = compiled.Value!.NewState(mission.State.Facts);
                foreach (var call in SettledCalls(mission))
                    state.Settle(call);
                var answer = state.Evaluate(mission.Propose(probe), mission.State.Pending);

                var isJudged = template.Rules[0].Watches(probe.Tool);
                Assert.Null(isJudged ? answer.Error : null);
                Assert.Equal(!isJudged || answer.Value, mission.Decide(probe) is Decision.Permit);
            },
            iter: 200);
    }

    [Theory]
    [InlineData("on: [a/set], budget: { sum: call.args.x, max: 5 }")]
    [InlineData("on: [a/set], budget: { distinct: call.args.x, max: 5 }")]
    public void FormThatCelCannotSay_HasNone(string form)
    {
        var template = Given.Template($$"""
            grants: [{ tools: [a/set] }]
            rules: [{ id: form, {{form}} }]
            """);

        Assert.Null(template.Rules[0].Cel);
    }

    private static IEnumerable<ChainCall> SettledCalls(MissionInTest mission)
    {
        var admitted = new Dictionary<CallId, ChainCall>();
        foreach (var link in mission.Links)
        {
            if (link.Body is LinkBody.CallAdmitted call)
                admitted[call.Call] = new ChainCall(call.Call, link.Version, call.Tool, call.Arguments, null, [], link.Time, CallOutcome.Pending);
            else if (link.Body is LinkBody.CallSettled settled)
                yield return admitted[settled.Call] with { Outcome = settled.Outcome, Result = settled.Result, Labels = settled.Labels };
        }
    }

    private static string Arguments(int user, int host) => "{" + string.Join(",", new[] { ("user", user), ("host", host) }
        .Where(one => one.Item2 >= 0).Select(one => $"\"{one.Item1}\":{Values[one.Item2]}")) + "}";
}
