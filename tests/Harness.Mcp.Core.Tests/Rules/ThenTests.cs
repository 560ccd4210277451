using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

public class ThenTests
{
    private const string Parts = """
        grants: [{ read: [directory/*] }, { tools: [directory/elevate, directory/revoke] }]
        rules:
          - id: give-back
            on: [directory/elevate]
            when: call.args.days > 0
            then: { tools: [directory/revoke], same: [user], within: 1h, otherwise: run, with: { reason: expired } }
        """;

    private static readonly ToolFacts ElevateTool = Tool.Write("directory/elevate");
    private static readonly ToolFacts RevokeTool = Tool.Write("directory/revoke");
    private static readonly Call Elevate = Call.To(ElevateTool, """{ "user": "u1", "days": 1 }""");
    private static readonly Call Revoke = Call.To(RevokeTool, """{ "user": "u1" }""");

    [Fact]
    public void Obligation_IsOpened_ByACallThatEndedWell()
    {
        var open = Assert.Single(Given.Mission(Parts).After(Elevate).State.Obligations);

        Assert.Equal(new ObligationId(new RuleId("give-back"), 2), open.Id);
        Assert.Equal(Given.Noon.AddHours(1), open.DueAt);
        Assert.Equal("""{"user":"u1","reason":"expired"}""", open.Arguments.GetRawText());
        Assert.Equal(RevokeTool.Id, open.Compensation);
    }

    [Fact]
    public void Obligation_IsNotOpened_ByACallThatFailed_IsStillRunning_OrIsNotMeant()
    {
        var mission = Given.Mission(Parts).After(
            Elevate.Failing(), Elevate.StillRunning(), Call.To(ElevateTool, """{ "user": "u1", "days": 0 }"""), Call.To(Tool.Read("directory/get")));

        Assert.Empty(mission.State.Obligations);
    }

    [Fact]
    public void Obligation_IsClosed_ByALaterCallWithTheSameValue_ThatEndedWell()
    {
        var mission = Given.Mission(Parts).After(Revoke, Elevate, Elevate, Call.To(RevokeTool, """{ "user": "u2" }"""), Revoke.Failing(), Revoke.Lost());
        Assert.Equal(2, mission.State.Obligations.Length);

        mission.After(Revoke);

        Assert.Empty(mission.State.Obligations);
    }

    [Fact]
    public void Obligation_IsDue_WhenItsTimeHasCome()
    {
        var mission = Given.Mission(Parts).After(Elevate);

        Assert.Empty(mission.State.ObligationsDue(Given.Noon.AddHours(1).AddTicks(-1)));
        Assert.Single(mission.State.ObligationsDue(Given.Noon.AddHours(1)));
    }

    public static TheoryData<LinkBody> Stops =>
        [new LinkBody.MissionSuspended("owner", ""), new LinkBody.MissionCompleted("owner", ""), new LinkBody.MissionRevoked("owner", "")];

    [Theory]
    [MemberData(nameof(Stops))]
    public void Obligation_IsDue_WhenTheMissionStops(LinkBody stop)
    {
        var mission = Given.Mission(Parts).After(Elevate);

        Assert.Empty(mission.State.ObligationsDue(Given.Noon));
        Assert.Single(mission.Append(stop).State.ObligationsDue(Given.Noon));
    }

    [Fact]
    public void Obligation_IsDue_WhenTheMissionExpires()
    {
        var mission = Given.Mission(Parts).After(Elevate.Later(TimeSpan.FromMinutes(90)));

        Assert.Empty(mission.State.ObligationsDue(Given.Noon.AddHours(2).AddTicks(-1)));
        Assert.Single(mission.State.ObligationsDue(Given.Noon.AddHours(2)));
    }

    [Fact]
    public void Obligation_WaitsForACall_ThatMayStillCloseIt()
    {
        var mission = Given.Mission(Parts).After(Elevate, Revoke.StillRunning()).Append(new LinkBody.MissionRevoked("owner", ""));
        Assert.Empty(mission.State.ObligationsDue(Given.Noon));

        mission.Append(new LinkBody.CallSettled(mission.State.Pending[0].Id, CallOutcome.Error, null, null, [], null));

        Assert.Single(mission.State.ObligationsDue(Given.Noon));
    }

    [Fact]
    public void CallOfUnknownOutcome_IsNotUndone_ButReported()
    {
        var open = Assert.Single(Given.Mission(Parts).After(Elevate.Lost()).State.Obligations);

        Assert.False(open.IsCertain);
        Assert.Null(open.Compensation);
    }

    [Fact]
    public void ProxysOwnCall_ClosesTheObligation_OfAMissionThatStopped()
    {
        var mission = Given.Mission(Parts).After(Elevate).Append(new LinkBody.MissionSuspended("owner", "")).Append(Own());
        Assert.Equal(ObligationStatus.Running, Assert.Single(mission.State.Obligations).Status);
        Assert.Empty(mission.State.ObligationsDue(Given.Noon));

        mission.Append(Ended(CallOutcome.Ok));

        Assert.Empty(mission.State.Obligations);
    }

    [Theory]
    [InlineData(CallOutcome.Error)]
    [InlineData(CallOutcome.Unknown)]
    public void ProxysOwnCall_ThatDidNotEndWell_IsNotRepeated_ButReported(CallOutcome outcome)
    {
        var mission = Given.Mission(Parts).After(Elevate).Append(new LinkBody.MissionRevoked("owner", "")).Append(Own()).Append(Ended(outcome));

        var due = Assert.Single(mission.State.ObligationsDue(Given.Noon));
        Assert.Equal(ObligationStatus.Failed, due.Status);
        Assert.Null(due.Compensation);
        Assert.Empty(mission.Append(new LinkBody.ObligationMissed(due.Id, "")).State.Obligations);
    }

    [Fact]
    public void Fold_RefusesOwnCalls_ThatNothingDemands()
    {
        static void Impossible(string complaint, Action<MissionInTest> append)
        {
            var mission = Given.Mission(Parts).After(Elevate).Append(new LinkBody.MissionRevoked("owner", ""));
            Assert.Contains(complaint, Assert.Throws<InvalidOperationException>(() => append(mission)).Message, StringComparison.Ordinal);
        }

        Impossible("while the mission is revoked", mission => mission.After(Revoke));
        Impossible("which is not due then", mission => mission.Append(Own() with { Obligation = new ObligationId(new RuleId("give-back"), 3) }));
        Impossible("which is not due then", mission => mission.Append(Own() with { Obligation = new ObligationId(new RuleId("other"), 2) }));
        Impossible("by another call", mission => mission.Append(Own() with { Agent = mission.Agent }));
        Impossible("by another call", mission => mission.Append(Own() with { Tool = ElevateTool }));
        Impossible("by another call", mission => mission.Append(Own() with { Arguments = Call.Json("""{"user":"u2","reason":"expired"}""") }));
        Impossible("which is not due then", mission => mission.Append(Own()).Append(Own() with { Call = new CallId(new Guid(98, 0, 0, new byte[8])) }));
        Assert.Contains(
            "which is not due then", Assert.Throws<InvalidOperationException>(() => Given.Mission(Parts).After(Elevate).Append(Own())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Call_IsDenied_WhenItLacksWhatMustBeDoneTo()
    {
        var mission = Given.Mission(Parts);

        Assert.Equal("user", mission.Decide(Call.To(ElevateTool, """{ "days": 1 }""")).Denied().Argument);
        Assert.True(mission.Decide(Elevate).IsPermitted());
    }

    [Fact]
    public void Call_IsDenied_WhileTooMuchIsOwed()
    {
        var mission = Given.Mission(Parts);
        for (var user = 0; user < MissionBounds.ObligationsOpenMax; user++)
            mission.After(Call.To(ElevateTool, $$"""{ "user": "u{{user}}", "days": 1 }"""));

        var denial = mission.Decide(Elevate).Denied();

        Assert.Equal(ReasonCode.StateExhausted, denial.Reason);
        Assert.Equal(["directory/revoke"], denial.AllowedNext);
        Assert.True(mission.Decide(Revoke).IsPermitted());
        Assert.True(mission.After(Revoke).Decide(Elevate).IsPermitted());
    }

    [Fact]
    public void Arguments_AreBuilt_FromNamesInsideNames()
    {
        var mission = Given.Mission("""
            grants: [{ tools: [a/do, a/undo] }]
            rules:
              - { id: undo, on: [a/do], then: { tools: [a/undo], same: [target.id, target.kind, amount], within: 1h, otherwise: run } }
            """).After(Call.To(Tool.Write("a/do"), """{ "amount": 1.50, "target": { "kind": "\u0061", "id": 7, "more": true } }"""));

        Assert.Equal(
            """{"target":{"id":7,"kind":"\u0061"},"amount":1.50}""", Assert.Single(mission.State.Obligations).Arguments.GetRawText());
    }

    [Fact]
    public void Obligations_SurviveARestart_SinceTheyAreFoldedFromLinks()
    {
        var mission = Given.Mission(Parts).After(Elevate).Append(new LinkBody.MissionRevoked("owner", "")).Append(Own());

        var again = MissionState.Open(mission.Links[0]).Value!;
        foreach (var link in mission.Links.Skip(1))
            again.Apply(link);

        var (before, after) = (Assert.Single(mission.State.Obligations), Assert.Single(again.Obligations));
        Assert.Equal((before.Id, before.DueAt, before.Status, before.Arguments.GetRawText()), (after.Id, after.DueAt, after.Status, after.Arguments.GetRawText()));
    }

    [Fact]
    public void RuleInShadow_ObligesNobody()
    {
        var shadow = Given.Mission(Parts.Replace("when: call.args.days > 0", "enforce: false", StringComparison.Ordinal)).After(Elevate);
        var enforced = Given.Mission(Parts.Replace("when: call.args.days > 0", "enforce: true", StringComparison.Ordinal)).After(Elevate);

        Assert.False(shadow.State.HasObligations);
        Assert.Empty(shadow.Append(new LinkBody.MissionRevoked("owner", "")).State.ObligationsDue(Given.Noon));
        Assert.True(enforced.State.HasObligations);
        Assert.Single(enforced.Append(new LinkBody.MissionRevoked("owner", "")).State.ObligationsDue(Given.Noon));
    }

    [Fact]
    public void RuleThatWasAddedLater_ObligesFromThenOn_AndNotForWhatWasDoneBefore()
    {
        var mission = Given.Mission("grants: [{ tools: [directory/elevate, directory/revoke] }]").After(Elevate);

        mission.Tightened(Guardrails("within: 1h"));
        Assert.Empty(mission.State.Obligations);

        mission.After(Elevate);
        Assert.Equal(new ObligationId(new RuleId("guardrails/give-back"), 5), Assert.Single(mission.State.Obligations).Id);
    }

    [Fact]
    public void RuleThatLeavesTheShadow_ObligesFromThenOn()
    {
        var mission = Given.Under(Guardrails("within: 1h", "enforce: false,"), Given.Template("grants: [{ tools: [directory/elevate, directory/revoke] }]")).After(Elevate);

        mission.Tightened(Guardrails("within: 1h"));
        Assert.Empty(mission.State.Obligations);

        Assert.Equal(5, Assert.Single(mission.After(Elevate).State.Obligations).Id.Call);
    }

    /// <summary>Both versions of a changed rule oblige, by one name; each is kept by what it demands itself.</summary>
    [Fact]
    public void RuleThatWasChanged_IsKept_ByWhatTheVersionThatIsDueDemands()
    {
        var mission = Given.Under(Guardrails("within: 2h, with: { reason: old }"), Given.Template("grants: [{ tools: [directory/elevate, directory/revoke] }]"))
            .Tightened(Guardrails("within: 1h, with: { reason: expired }")).After(Elevate);
        var arguments = Call.Json("""{"user":"u1","reason":"expired"}""");
        var due = Assert.Single(mission.State.ObligationsDue(Given.Noon.AddHours(1)));

        mission.Append(
            new LinkBody.CallAdmitted(new CallId(new Guid(99, 0, 0, new byte[8])), AgentId.Proxy, RevokeTool, arguments, Digest.Of(arguments), Digest.Zero, RequestTrace.None) { Obligation = due.Id },
            TimeSpan.FromHours(1));
        Assert.Equal(ObligationStatus.Running, Assert.Single(mission.State.Obligations, open => open.DueAt == Given.Noon.AddHours(1)).Status);
        mission.Append(Ended(CallOutcome.Ok));

        Assert.Empty(mission.State.Obligations);
    }

    private static RuleSources Guardrails(string then, string enforce = "") => new(
        Given.Guardrails($"rules: [{{ id: give-back, {enforce} on: [directory/elevate], then: {{ tools: [directory/revoke], same: [user], otherwise: run, {then} }} }}]"), []);

    private static LinkBody.CallAdmitted Own()
    {
        var arguments = Call.Json("""{"user":"u1","reason":"expired"}""");
        return new LinkBody.CallAdmitted(
            new CallId(new Guid(99, 0, 0, new byte[8])), AgentId.Proxy, RevokeTool, arguments, Digest.Of(arguments), Digest.Zero, RequestTrace.None)
        {
            Obligation = new ObligationId(new RuleId("give-back"), 2),
        };
    }

    private static LinkBody.CallSettled Ended(CallOutcome outcome) => new(new CallId(new Guid(99, 0, 0, new byte[8])), outcome, null, null, [], null);
}
