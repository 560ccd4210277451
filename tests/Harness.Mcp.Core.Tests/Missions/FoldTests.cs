using System.Text.Json;
using CsCheck;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions;

/// <summary>Random chains under a mission that uses anchors and every short form.</summary>
public class FoldTests
{
    private const string Parts = """
        inputs:
          seed: { type: string }
        anchors:
          user: { inputs: [seed], results: [{ tool: a/open, field: user }, { tool: a/get, field: "users[]" }] }
        grants:
          - read: [a/open, a/get]
            anchored: { client: user }
          - tools: [a/set, b/send]
        unanchored: [a/open]
        rules:
          - { id: look-first, on: [a/set], before: { tools: [a/get], same: [user], within: 1m } }
          - { id: not-again, on: [a/set], never-after: { tools: [b/send], same: [user] } }
          - { id: calls, on: [b/send], budget: { max: 6 } }
          - { id: users, budget: { distinct: call.args.user, max: 3 } }
          - { id: money, budget: { sum: call.args.amount, max: 20, per: call.args.user } }
          - { id: pace, on: ["effect:write"], window: { max: 3, per: 30s } }
          - { id: one, on: [b/send], wall: { by: call.args.client } }
          - { id: leak, flow: { label: personal, to: external } }
        """;

    private static readonly ToolFacts[] Tools =
        [Tool.Read("a/open"), Tool.Read("a/get", "personal"), Tool.Write("a/set"), Tool.Send("b/send"), Tool.Send("c/none")];

    private static readonly string[] Values = ["\"u1\"", "\"u2\"", "1", "1.0", "2.5", "-3", "null", "true", "[\"u1\", \"u2\"]", "[[]]", "{}", "1e999", "\"\\ud800\""];

    private static readonly Gen<string> Arguments = Gen.Select(Gen.Int[-2, Values.Length - 1], Gen.Int[-2, Values.Length - 1], Gen.Int[-2, Values.Length - 1])
        .Select((user, amount, client) => "{" + string.Join(",", new[] { ("user", user), ("amount", amount), ("client", client) }
            .Where(one => one.Item2 >= 0).Select(one => $"\"{one.Item1}\":{Values[one.Item2]}")) + "}");

    private static readonly Gen<Call> Calls = Gen.Select(Gen.Int[0, Tools.Length - 1], Arguments, Gen.Int[0, 20], Gen.Enum<CallOutcome>(), Arguments)
        .Select((tool, arguments, seconds, outcome, result) => Call.To(Tools[tool], arguments) with
        {
            After = TimeSpan.FromSeconds(seconds),
            Outcome = outcome,
            Result = outcome == CallOutcome.Ok ? Call.Json(result) : null,
        });

    [Fact]
    public void Decisions_AreTheSame_WhetherFoldedLinkByLinkOrFromTheWholeChain() =>
        Gen.Select(Calls.Array[0, 25], Calls.Array[1, 10]).Sample((chain, probes) =>
        {
            var mission = Opened();
            foreach (var call in chain)
            {
                if (mission.Decide(call) is Decision.Permit)
                    mission.After(call);
                foreach (var probe in probes)
                    mission.Decide(probe);
            }

            var again = MissionState.Open(mission.Links[0]).Value!;
            foreach (var link in mission.Links.Skip(1))
                again.Apply(link);

            Assert.Equal(mission.State.Version, again.Version);
            Assert.Equal(mission.State.Pending.Select(call => call.Id), again.Pending.Select(call => call.Id));
            foreach (var probe in probes)
                Assert.Equal(Text(mission.Decide(probe)), Text(DecisionPoint.Decide(again, mission.Propose(probe))));
        }, iter: 300);

    [Fact]
    public void Decide_AnswersEveryCall_WithoutAFault() =>
        Calls.Array[0, 30].Sample(chain =>
        {
            var mission = Opened();
            foreach (var call in chain)
            {
                // A chain may hold calls that these rules would have denied: it may be older than they are.
                var decision = mission.Decide(call);
                Assert.Null((decision as Decision.Deny)?.Fault);
                mission.After(call);
            }
        }, iter: 300);

    [Fact]
    public void Denials_QuoteNothing_OfTheResults() =>
        Calls.Array[1, 30].Sample(chain =>
        {
            var mission = Opened();
            foreach (var call in chain)
            {
                if (mission.Decide(call) is Decision.Deny(var denial))
                    Assert.DoesNotContain("secret", $"{denial} {string.Join(' ', denial.AllowedNext)}", StringComparison.Ordinal);
                mission.After(call with { Result = Call.Json("""{ "user": "secret", "users": ["secret"] }""") });
            }
        }, iter: 100);

    [Fact]
    public void BudgetsAndSums_Hold_OnEveryChainOfPermittedCalls() =>
        Calls.Array[0, 40].Sample(chain =>
        {
            var mission = Opened();
            var permitted = new List<Call>();
            foreach (var call in chain.Where(call => mission.Decide(call) is Decision.Permit))
            {
                mission.After(call);
                permitted.Add(call);
            }

            Assert.InRange(permitted.Count(call => call.Tool.Id == Tool.Id("b/send")), 0, 6);
            Assert.InRange(permitted.SelectMany(call => Atoms(call, "user")).Distinct(StringComparer.Ordinal).Count(), 0, 3);
            Assert.InRange(
                permitted.Where(call => call.Tool.Id == Tool.Id("b/send")).SelectMany(call => Atoms(call, "client")).Distinct(StringComparer.Ordinal).Count(), 0, 1);
        }, iter: 300);

    private static IEnumerable<string> Atoms(Call call, string argument)
    {
        if (!call.Arguments.TryGetProperty(argument, out var value))
            return [];
        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value];
        return items.Where(item => item.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            .Select(item => item.ValueKind == JsonValueKind.Number ? item.GetDouble().ToString("R", null) : item.GetRawText());
    }

    private static MissionInTest Opened() => Given.Mission(Parts, "seed=u1");

    private static string Text(Decision decision) => decision is Decision.Deny(var denial)
        ? $"{denial} {string.Join(',', denial.Because)} {string.Join(',', denial.AllowedNext)}"
        : "permit";
}
