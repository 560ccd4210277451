using Harness.Mcp.Core.Decisions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

public class BeforeTests
{
    private const string Parts = """
        grants:
          - read: [directory/*, hr/*]
          - tools: [directory/disable_user]
        rules:
          - { id: look-first, on: [directory/disable_user], before: { tools: [directory/get_user, hr/*], same: [user], within: 10m } }
        """;

    private static readonly Call Look = Call.To(Tool.Read("directory/get_user"), """{ "user": "bob" }""");
    private static readonly Call Disable = Call.To(Tool.Write("directory/disable_user"), """{ "user": "bob" }""");

    [Fact]
    public void Disable_IsDenied_BeforeTheSameUserWasLookedUp()
    {
        var mission = Given.Mission(Parts).After(Look with { Arguments = Call.Json("""{ "user": "eve" }""") });

        var denial = mission.Decide(Disable).Denied();

        Assert.Equal(ReasonCode.HistoryNotSatisfied, denial.Reason);
        Assert.Equal("look-first", denial.Rule?.Value);
        Assert.Equal("user", denial.Argument);
        Assert.Equal(["directory/get_user", "hr/*"], denial.AllowedNext);
        Assert.Equal(
            "First call `directory/get_user` or `hr/*` with the same `user` (at most 10m before), then repeat this call.", denial.Say);
        Assert.True(mission.After(Look).Decide(Disable).IsPermitted());
    }

    [Fact]
    public void Disable_IsDenied_WhenTheLookIsTooOld()
    {
        var mission = Given.Mission(Parts).After(Look);

        Assert.True(mission.Decide(Disable.Later(TimeSpan.FromMinutes(10))).IsPermitted());
        var denial = mission.Decide(Disable.Later(TimeSpan.FromMinutes(10.1))).Denied();

        Assert.Equal(ReasonCode.HistoryNotSatisfied, denial.Reason);
        Assert.Equal([2L], denial.Because);
    }

    [Fact]
    public void LookThatDidNotEndWell_DoesNotCount()
    {
        Assert.Equal(ReasonCode.HistoryNotSatisfied, Given.Mission(Parts).After(Look.Failing()).Decide(Disable).Denied().Reason);
        Assert.Equal(ReasonCode.HistoryNotSatisfied, Given.Mission(Parts).After(Look.Lost()).Decide(Disable).Denied().Reason);
        Assert.Equal(ReasonCode.HistoryNotSatisfied, Given.Mission(Parts).After(Look.StillRunning()).Decide(Disable).Denied().Reason);
    }

    [Fact]
    public void CallWithoutTheArgument_IsAskedForIt()
    {
        var mission = Given.Mission(Parts).After(Look);

        var denial = mission.Decide(Disable with { Arguments = Call.Json("{}") }).Denied();

        Assert.Equal(ReasonCode.ArgumentsNotGranted, denial.Reason);
        Assert.Equal("user", denial.Argument);
    }

    [Fact]
    public void SeveralArguments_MustBeTheSame_Together()
    {
        var mission = Given.Mission("""
            grants: [{ read: [a/get] }, { tools: [a/set] }]
            rules: [{ id: both, on: [a/set], before: { tools: [a/get], same: [x, y.z] } }]
            """).After(
            Call.To(Tool.Read("a/get"), """{ "x": "1", "y": { "z": 2 } }"""),
            Call.To(Tool.Read("a/get"), """{ "x": "3", "y": { "z": [1, { "k": null }] } }"""));
        var set = Tool.Write("a/set");

        Assert.True(mission.Decide(Call.To(set, """{ "x": "1", "y": { "z": 2.0 } }""")).IsPermitted());
        Assert.True(mission.Decide(Call.To(set, """{ "x": "3", "y": { "z": [1.0, { "k": null }] } }""")).IsPermitted());
        Assert.Equal(ReasonCode.HistoryNotSatisfied, mission.Decide(Call.To(set, """{ "x": "3", "y": { "z": 2 } }""")).Denied().Reason);
        Assert.Equal(ReasonCode.HistoryNotSatisfied, mission.Decide(Call.To(set, """{ "x": 1, "y": { "z": 2 } }""")).Denied().Reason);
    }

    private const string Elevated = """
        grants: [{ tools: [directory/elevate, directory/revoke, fleet/restart] }]
        rules: [{ id: elevated, on: [fleet/restart], before: { tools: [directory/elevate], same: [user], within: 1h, not-since: [directory/revoke] } }]
        """;

    private static readonly Call Elevate = Call.To(Tool.Write("directory/elevate"), """{ "user": "bob" }""");
    private static readonly Call Revoke = Call.To(Tool.Write("directory/revoke"), """{ "user": "bob" }""");
    private static readonly Call Restart = Call.To(Tool.Write("fleet/restart"), """{ "user": "bob" }""");

    [Fact]
    public void CallThatWasUndone_CountsNoMore_UntilItIsMadeAgain()
    {
        var mission = Given.Mission(Elevated).After(Elevate);
        Assert.True(mission.Decide(Restart).IsPermitted());

        var denial = mission.After(Revoke).Decide(Restart).Denied();

        Assert.Equal(ReasonCode.HistoryNotSatisfied, denial.Reason);
        Assert.Equal([2L, 4L], denial.Because);
        Assert.Equal(
            "Since `directory/revoke` was called, call again `directory/elevate` with the same `user` (at most 1h before), then repeat this call.", denial.Say);
        Assert.True(mission.After(Elevate).Decide(Restart).IsPermitted());
    }

    [Fact]
    public void CallThatUndoes_CountsForItsValue_FromItsAdmission()
    {
        var eve = Call.Json("""{ "user": "eve" }""");

        Assert.True(Given.Mission(Elevated).After(Elevate, Revoke with { Arguments = eve }).Decide(Restart).IsPermitted());
        Assert.Equal(ReasonCode.HistoryNotSatisfied, Given.Mission(Elevated).After(Elevate, Revoke.StillRunning()).Decide(Restart).Denied().Reason);
        Assert.Equal(ReasonCode.HistoryNotSatisfied, Given.Mission(Elevated).After(Elevate, Revoke.Failing()).Decide(Restart).Denied().Reason);
        Assert.Equal(ReasonCode.HistoryNotSatisfied, Given.Mission(Elevated).After(Elevate, Revoke with { Arguments = Call.Json("{}") }).Decide(Restart).Denied().Reason);
        Assert.True(Given.Mission(Elevated).After(Revoke, Elevate).Decide(Restart).IsPermitted());
    }

    [Fact]
    public void ElevationThatSettlesAfterTheRevocation_IsUndone()
    {
        var mission = Given.Mission(Elevated).After(Elevate.StillRunning(), Revoke);

        mission.Append(new Core.Chains.LinkBody.CallSettled(mission.State.Pending[0].Id, Core.Chains.CallOutcome.Ok, null, null, [], null));

        Assert.Equal(ReasonCode.HistoryNotSatisfied, mission.Decide(Restart).Denied().Reason);
    }
}
