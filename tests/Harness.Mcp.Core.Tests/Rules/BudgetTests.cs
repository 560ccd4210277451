using Harness.Mcp.Core.Decisions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

public class BudgetTests
{
    private static readonly Call Isolate = Host("web-1");

    [Fact]
    public void Calls_AreDenied_PastTheirCount()
    {
        var mission = Given.Mission(Of("{ max: 2 }")).After(Isolate, Isolate.Failing());

        var denial = mission.Decide(Isolate).Denied();

        Assert.Equal(ReasonCode.BudgetExhausted, denial.Reason);
        Assert.Equal(0, denial.Remaining);
        Assert.Equal([2L, 4L], denial.Because);
        Assert.True(Given.Mission(Of("{ max: 2 }")).After(Isolate).Decide(Isolate).IsPermitted());
    }

    [Fact]
    public void CallsInFlight_TakeTheLastUnit()
    {
        var mission = Given.Mission(Of("{ max: 2 }")).After(Isolate.StillRunning(), Isolate.StillRunning());

        Assert.Equal(ReasonCode.BudgetExhausted, mission.Decide(Isolate).Denied().Reason);
    }

    [Fact]
    public void OtherTools_DoNotCount()
    {
        var mission = Given.Mission(Of("{ max: 1 }")).After(Call.To(Tool.Write("fleet/release_host")));

        Assert.True(mission.Decide(Isolate).IsPermitted());
        Assert.True(mission.After(Isolate).Decide(Call.To(Tool.Write("fleet/release_host"))).IsPermitted());
    }

    [Fact]
    public void DistinctValues_AreDenied_PastTheirNumber()
    {
        var mission = Given.Mission(Of("{ distinct: call.args.host, max: 2 }")).After(Host("web-1"), Host("web-1"), Host("web-2"));

        var denial = mission.Decide(Host("web-3")).Denied();

        Assert.Equal(ReasonCode.BudgetExhausted, denial.Reason);
        Assert.Equal("host", denial.Argument);
        Assert.Equal(0, denial.Remaining);
        Assert.True(mission.Decide(Host("web-2")).IsPermitted());
    }

    [Theory]
    [InlineData("""{ "host": ["web-2", "web-2"] }""", true)]
    [InlineData("""{ "host": ["web-1", "web-2"] }""", true)]
    [InlineData("""{ "host": ["web-2", "web-3"] }""", false)]
    [InlineData("""{ "host": { "name": "web-1" } }""", false)]
    [InlineData("""{}""", false)]
    public void DistinctValues_AreCounted_ItemByItem(string arguments, bool isPermitted)
    {
        var mission = Given.Mission(Of("{ distinct: call.args.host, max: 2 }")).After(Host("web-1"));

        var decision = mission.Decide(Isolate with { Arguments = Call.Json(arguments) });

        Assert.Equal(isPermitted, decision is Decision.Permit);
    }

    [Fact]
    public void Sum_IsExact()
    {
        var mission = Given.Mission(Of("{ sum: call.args.amount, max: 0.3 }")).After(Amount("0.1"), Amount("1e-1"));

        var denial = mission.Decide(Amount("0.1000000000000000000000001")).Denied();

        Assert.Equal(ReasonCode.BudgetExhausted, denial.Reason);
        Assert.Contains("0.1 remain", denial.Say, StringComparison.Ordinal);
        Assert.True(mission.Decide(Amount("0.1")).IsPermitted());
        Assert.True(mission.Decide(Amount("0.10")).IsPermitted());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("\"1\"")]
    [InlineData("[1]")]
    [InlineData("1e400")]
    [InlineData("1.00000000000000000000000000000000001")]
    public void AmountThatCannotBeAdded_IsDenied(string amount)
    {
        var mission = Given.Mission(Of("{ sum: call.args.amount, max: 1000 }"));

        var denial = mission.Decide(Amount(amount)).Denied();

        Assert.Equal(ReasonCode.ArgumentsNotGranted, denial.Reason);
        Assert.Equal("amount", denial.Argument);
        Assert.True(mission.Decide(Amount("1")).IsPermitted());
    }

    /// <summary>A rule in shadow lets everything pass, so its sum has no bound; it must neither fail nor round.</summary>
    [Fact]
    public void SumOfTheLargestAmounts_IsKept_AndNothingSmallIsLost()
    {
        const string Largest = "79228162514264337593543950335";
        var mission = Given.Mission(Of("{ sum: call.args.amount, max: 1 }").Replace("id: few,", "id: few, enforce: false,", StringComparison.Ordinal))
            .After([.. Enumerable.Repeat(Amount(Largest), 20)]);
        Assert.Equal(ReasonCode.BudgetExhausted, Assert.Single(Assert.IsType<Decision.Permit>(mission.Decide(Amount("1"))).Shadow).Reason);

        var exact = Given.Mission(Of($"{{ sum: call.args.amount, max: {Largest} }}")).After(Amount("79228162514264337593543950334"), Amount("0.0000000000000000000000000001"));
        Assert.True(exact.Decide(Amount("0.9999999999999999999999999999")).IsPermitted());
        Assert.Contains("0.9999999999999999999999999999 remain", exact.Decide(Amount("1")).Denied().Say, StringComparison.Ordinal);
    }

    [Fact]
    public void EachValueOfPer_HasABudgetOfItsOwn()
    {
        var mission = Given.Mission(Of("{ max: 1, per: call.args.host }")).After(Host("web-1"));

        Assert.Equal(ReasonCode.BudgetExhausted, mission.Decide(Host("web-1")).Denied().Reason);
        Assert.True(mission.Decide(Host("web-2")).IsPermitted());
    }

    [Theory]
    [InlineData("{ sum: call.args.amount, max: 1, per: call.args.host }", "0.7", "0.4")]
    [InlineData("{ distinct: call.args.amount, max: 1, per: call.args.host }", "1", "2")]
    public void SumsAndDistinctValues_AreKept_ForEachValueOfPer(string budget, string first, string second)
    {
        static Call Of(string host, string amount) => Call.To(Tool.Write("fleet/isolate_host"), $$"""{ "host": "{{host}}", "amount": {{amount}} }""");
        var mission = Given.Mission(BudgetTests.Of(budget)).After(Of("web-1", first));

        Assert.Equal(ReasonCode.BudgetExhausted, mission.Decide(Of("web-1", second)).Denied().Reason);
        Assert.True(mission.Decide(Of("web-2", second)).IsPermitted());
        Assert.Equal(ReasonCode.ArgumentsNotGranted, mission.Decide(Amount(second)).Denied().Reason);
    }

    [Fact]
    public void MoreValuesOfPerThanTheMissionRemembers_AreDenied()
    {
        var mission = Given.Mission(Of("{ max: 2, per: call.args.host }"))
            .After([.. Enumerable.Range(0, 10_000).Select(host => Host($"h{host}"))]);

        Assert.True(mission.Decide(Host("h9999")).IsPermitted());
        Assert.Equal(ReasonCode.StateExhausted, mission.Decide(Host("another")).Denied().Reason);
    }

    private static Call Host(string host) => Call.To(Tool.Write("fleet/isolate_host"), $$"""{ "host": "{{host}}" }""");

    private static Call Amount(string amount) => Call.To(Tool.Write("fleet/isolate_host"), $$"""{ "amount": {{amount}} }""");

    private static string Of(string budget) => $$"""
        grants: [{ tools: [fleet/isolate_host, fleet/release_host] }]
        rules: [{ id: few, on: [fleet/isolate_host], budget: {{budget}} }]
        """;
}
