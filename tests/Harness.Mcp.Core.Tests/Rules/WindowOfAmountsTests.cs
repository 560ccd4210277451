using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

/// <summary>Windows that add up amounts, or count different values.</summary>
public class WindowOfAmountsTests
{
    private const string Spending = "window: { sum: call.args.amount, max: 10.5, per: 1m }";
    private const string Hosts = "window: { distinct: call.args.host, max: 2, per: 1m }";

    [Fact]
    public void Sum_IsDenied_PastItsMax_AndToldHowMuchAndWhen()
    {
        var mission = Given.Mission(Of(Spending)).After(Pay("4.25"), Pay("5").Later(Seconds(20)).StillRunning());

        var denial = mission.Decide(Pay("3").Later(Seconds(10))).Denied();

        Assert.Equal(ReasonCode.RateExceeded, denial.Reason);
        Assert.Equal(
            "This mission may spend 10.5 in `amount` in 1m, of which 1.25 remain now; ask for no more than that, or wait 30s, then repeat this call.", denial.Say);
        Assert.Equal(("amount", 1L, Given.Noon.AddSeconds(60)), (denial.Argument, denial.Remaining, denial.RetryAfter));
        Assert.Equal([2L, 4L], denial.Because);
        Assert.True(mission.Decide(Pay("1.25").Later(Seconds(10))).IsPermitted());
        Assert.IsType<Decision.Deny>(mission.Decide(Pay("3").Later(Seconds(39))));
        Assert.True(mission.Decide(Pay("3").Later(Seconds(40))).IsPermitted());
    }

    [Fact]
    public void Sum_WaitsForAsManyAmounts_AsItNeeds_AndForNoneThatNeverHelps()
    {
        var mission = Given.Mission(Of(Spending)).After(Pay("3"), Pay("3").Later(Seconds(10)), Pay("3").Later(Seconds(10)));

        Assert.Equal(Given.Noon.AddSeconds(70), mission.Decide(Pay("7")).Denied().RetryAfter);
        Assert.Equal(Given.Noon.AddSeconds(80), mission.Decide(Pay("10.5")).Denied().RetryAfter);

        var never = mission.Decide(Pay("10.51")).Denied();
        Assert.Null(never.RetryAfter);
        Assert.EndsWith("of which 1.5 remain now; ask for no more than that.", never.Say, StringComparison.Ordinal);
    }

    [Fact]
    public void Sum_IsExact()
    {
        var mission = Given.Mission(Of("window: { sum: call.args.amount, max: 0.3, per: 1m }")).After(Pay("0.1"), Pay("1e-1"));

        Assert.Contains("0.1 remain", mission.Decide(Pay("0.1000000000000000000000001")).Denied().Say, StringComparison.Ordinal);
        Assert.True(mission.Decide(Pay("0.1")).IsPermitted());
        Assert.True(mission.After(Pay("0.1")).Decide(Pay("0")).IsPermitted());
    }

    /// <summary>What left the span long ago must not blur what is in it.</summary>
    [Fact]
    public void Sum_IsExact_AfterAmountsThatWereMuchLarger()
    {
        const string Largest = "79228162514264337593543950335";
        var mission = Given.Mission(Of("enforce: false, window: { sum: call.args.amount, max: 0.3, per: 1m }"))
            .After([.. Enumerable.Repeat(Pay(Largest), 30)]).After(Pay("0.1").Later(Seconds(30)), Pay("0.1"));

        Assert.Single(Assert.IsType<Decision.Permit>(mission.Decide(Pay("0.1"))).Shadow);
        Assert.Empty(Assert.IsType<Decision.Permit>(mission.Decide(Pay("0.1").Later(Seconds(30)))).Shadow);
        Assert.Contains("0.1 remain", Assert.Single(Assert.IsType<Decision.Permit>(mission.Decide(Pay("0.1000000000000001").Later(Seconds(30)))).Shadow).Say, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("\"1\"")]
    [InlineData("[1]")]
    [InlineData("1e400")]
    [InlineData("null")]
    public void AmountThatCannotBeAdded_IsDenied(string amount)
    {
        var mission = Given.Mission(Of(Spending));

        Assert.Equal((ReasonCode.ArgumentsNotGranted, "amount"), (mission.Decide(Pay(amount)).Denied().Reason, mission.Decide(Pay(amount)).Denied().Argument));
        Assert.Equal(ReasonCode.ArgumentsNotGranted, mission.Decide(Call.To(Tool.Write("bank/pay"))).Denied().Reason);
        Assert.True(mission.Decide(Pay("1")).IsPermitted());
    }

    [Fact]
    public void DistinctValues_AreDenied_PastTheirNumber_UntilOneIsOldEnough()
    {
        var mission = Given.Mission(Of(Hosts)).After(Host("\"a\""), Host("\"b\"").Later(Seconds(20)), Host("\"a\"").Later(Seconds(10)));

        var denial = mission.Decide(Host("\"c\"")).Denied();

        // `a` was named again since, so `b` leaves first.
        Assert.Equal(ReasonCode.RateExceeded, denial.Reason);
        Assert.Equal(
            "This mission may use 2 different values of `host` in 1m, of which 0 remain now; keep to those used lately, or wait 50s, then repeat this call.", denial.Say);
        Assert.Equal(("host", 0L, Given.Noon.AddSeconds(80)), (denial.Argument, denial.Remaining, denial.RetryAfter));
        Assert.Equal([4L, 6L], denial.Because);
        Assert.True(mission.Decide(Host("\"b\"")).IsPermitted());
        Assert.IsType<Decision.Deny>(mission.Decide(Host("\"c\"").Later(Seconds(49))));
        Assert.True(mission.Decide(Host("\"c\"").Later(Seconds(50))).IsPermitted());
        Assert.IsType<Decision.Deny>(mission.Decide(Host("[\"c\", \"d\"]").Later(Seconds(50))));
        Assert.True(mission.Decide(Host("[\"c\", \"d\"]").Later(Seconds(60))).IsPermitted());
    }

    [Theory]
    [InlineData("""["a", "a", "b"]""", true, -1)]
    [InlineData("""["a", "b", "c"]""", false, -1)] // Too many at once, whenever.
    [InlineData("""["b", "c"]""", false, 60)]
    [InlineData("""{ "name": "a" }""", false, -1)]
    [InlineData("null", false, -1)]
    public void DistinctValues_AreCounted_ItemByItem(string hosts, bool isPermitted, int retryAfter)
    {
        var decision = Given.Mission(Of(Hosts)).After(Host("\"a\"")).Decide(Host(hosts));

        Assert.Equal(isPermitted, decision is Decision.Permit);
        if (!isPermitted)
            Assert.Equal(retryAfter < 0 ? null : Given.Noon.AddSeconds(retryAfter), decision.Denied().RetryAfter);
    }

    [Fact]
    public void MoreValuesThanTheMissionRemembers_AreDenied_UntilTheSpanIsOver()
    {
        var mission = Given.Mission(Of("enforce: false, window: { distinct: call.args.host, max: 9999, per: 1m }"))
            .After([.. Enumerable.Range(0, 10_001).Select(host => Host($"\"h{host}\""))]);

        Assert.Empty(Shadow(mission.Decide(Host("\"h7\""))));
        Assert.Equal(ReasonCode.StateExhausted, Assert.Single(Shadow(mission.Decide(Host("\"another\"")))).Reason);
        Assert.Equal(ReasonCode.StateExhausted, Assert.Single(Shadow(mission.Decide(Host("\"another\"").Later(Seconds(59))))).Reason);
        Assert.Empty(Shadow(mission.Decide(Host("\"another\"").Later(Seconds(60)))));
    }

    [Fact]
    public void MoreAmountsThanTheMissionRemembers_AreDenied_UntilTheSpanIsOver()
    {
        var mission = Given.Mission(Of("window: { sum: call.args.amount, max: 1000, per: 1m }")).After([.. Enumerable.Repeat(Pay("0.01"), 10_001)]);

        Assert.Equal(ReasonCode.StateExhausted, mission.Decide(Pay("0.01").Later(Seconds(59))).Denied().Reason);
        Assert.True(mission.Decide(Pay("0").Later(Seconds(59))).IsPermitted());
        Assert.True(mission.Decide(Pay("1000").Later(Seconds(60))).IsPermitted());
    }

    [Fact]
    public void Calls_AreCounted_WhereWhenHolds_AndJudgedByTheirClock()
    {
        var mission = Given.Mission(Of("when: 'call.args.amount > 1', " + Spending)).After(Pay("1"), Pay("9"), Pay("1"));

        Assert.True(mission.Decide(Pay("1.5")).IsPermitted());
        Assert.IsType<Decision.Deny>(mission.Decide(Pay("1.51")));
        Assert.True(mission.Decide(Pay("1")).IsPermitted());

        // A question about a later time forgets nothing of what an earlier one needs.
        Assert.True(mission.Decide(Pay("9").Later(Seconds(60))).IsPermitted());
        Assert.IsType<Decision.Deny>(mission.Decide(Pay("9").Later(Seconds(59))));
        var hosts = Given.Mission(Of(Hosts)).After(Host("\"a\""), Host("\"b\""));
        Assert.True(hosts.Decide(Host("\"c\"").Later(Seconds(60))).IsPermitted());
        Assert.IsType<Decision.Deny>(hosts.Decide(Host("\"c\"").Later(Seconds(59))));
    }

    /// <summary>However much of the past the state still holds, what it saves is the span, and goes on alike.</summary>
    [Theory]
    [InlineData(Spending)]
    [InlineData(Hosts)]
    public void Snapshot_GoesOnAlike_AfterManySpans(string rule)
    {
        static Call Nth(int call) => Call.To(Tool.Write("bank/pay"), $$"""{ "amount": 0.{{call % 7}}3, "host": "h{{call % 11}}" }""").Later(Seconds(call % 5));
        var mission = Given.Mission(Of("enforce: false, " + rule)).After([.. Enumerable.Range(0, 150).Select(Nth)]);
        var saved = MissionSnapshot.Of(mission.State)!;
        var restored = saved.Restore(mission.Links)!;

        Assert.Equal(saved.State.ToArray(), MissionSnapshot.Of(restored)!.State.ToArray());
        var before = mission.Links.Count;
        mission.After([.. Enumerable.Range(150, 60).Select(Nth)]);
        foreach (var link in mission.Links.Skip(before))
            restored.Apply(link);
        Assert.Equal(MissionSnapshot.Of(mission.State)!.State.ToArray(), MissionSnapshot.Of(restored)!.State.ToArray());
        foreach (var later in (int[])[0, 20, 40, 59, 60])
            Assert.Equal(
                Shadow(mission.Decide(Nth(3).Later(Seconds(later)))).Select(denial => (denial.Say, denial.RetryAfter)),
                Shadow(DecisionPoint.Decide(restored, mission.Propose(Nth(3).Later(Seconds(later))))).Select(denial => (denial.Say, denial.RetryAfter)));
    }

    private static System.Collections.Immutable.ImmutableArray<Denial> Shadow(Decision decision) => Assert.IsType<Decision.Permit>(decision).Shadow;

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private static Call Pay(string amount) => Call.To(Tool.Write("bank/pay"), $$"""{ "amount": {{amount}} }""");

    private static Call Host(string host) => Call.To(Tool.Write("bank/pay"), $$"""{ "host": {{host}} }""");

    private static string Of(string rule) => $$"""
        grants: [{ tools: [bank/pay] }]
        rules: [{ id: pace, on: [bank/pay], {{rule}} }]
        """;
}
