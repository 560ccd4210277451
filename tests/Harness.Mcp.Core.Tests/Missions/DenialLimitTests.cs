using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions;

/// <summary>Too many refusals narrow a mission to reads, then stop it.</summary>
public class DenialLimitTests
{
    private const string Parts = """
        denials: { narrow: 2, stop: 4 }
        grants: [{ read: [hr/*] }, { tools: [mail/send] }]
        """;

    private static readonly Call Read = Call.To(Tool.Read("hr/get"));
    private static readonly Call Send = Call.To(Tool.Send("mail/send"));

    [Fact]
    public void Mission_IsNarrowedToReads_AfterSoManyRefusals()
    {
        var mission = Refused(Given.Mission(Parts), 1);
        Assert.True(mission.Decide(Send).IsPermitted());

        var denial = Refused(mission, 1).Decide(Send).Denied();

        Assert.Equal(ReasonCode.MissionNarrowed, denial.Reason);
        Assert.Equal([2L, 3L], denial.Because);
        Assert.True(mission.Decide(Read).IsPermitted());
    }

    [Fact]
    public void ToolThatIsNotGranted_GetsTheSameWords_InANarrowedMission()
    {
        Assert.Equal(ReasonCode.ToolNotGranted, Refused(Given.Mission(Parts), 2).Decide(Call.To(Tool.Write("mail/erase"))).Denied().Reason);
    }

    [Fact]
    public void Mission_IsSuspended_AfterSoManyMore_AndItsLinkSaysSo()
    {
        var mission = Refused(Given.Mission(Parts), 3);
        Assert.Null(mission.State.SuspensionAfter(null));
        var suspension = mission.State.SuspensionAfter(Refusal(ReasonCode.Forbidden));
        Assert.Equal("harness", suspension?.By);

        Refused(mission, 1);
        Assert.Equal(ReasonCode.MissionSuspended, mission.Decide(Read).Denied().Reason); // Before the link is there.
        Assert.NotNull(mission.State.SuspensionAfter(null));

        mission.Append(suspension!);
        Assert.Null(mission.State.SuspensionAfter(null));
        Assert.Equal(MissionStatus.Suspended, mission.State.StatusAt(mission.State.Time));
    }

    [Fact]
    public void PersonWhoResumes_ForgivesTheRefusals()
    {
        var mission = Refused(Given.Mission(Parts), 4);
        mission.Append(mission.State.SuspensionAfter(null)!).Append(new LinkBody.MissionResumed("ana", "was a bug"));

        Assert.True(mission.Decide(Send).IsPermitted());
        Assert.Equal(ReasonCode.MissionNarrowed, Refused(mission, 2).Decide(Send).Denied().Reason);
    }

    [Theory]
    [InlineData("rate_exceeded", true)]
    [InlineData("arguments_invalid", true)]
    [InlineData("mission_suspended", true)]
    [InlineData("overloaded", true)]
    [InlineData("agent_not_of_mission", true)]
    [InlineData("approval_required", true)]
    [InlineData("tool_unknown", false)]
    [InlineData("not_anchored", false)]
    [InlineData("mission_narrowed", false)]
    [InlineData("flow_forbidden", false)]
    public void Refusals_ThatSayNothingOfTheAgent_DoNotCount(string reason, bool isPermitted)
    {
        var mission = Given.Mission(Parts);
        for (var call = 0; call < 3; call++)
            mission.Append(Refusal(new ReasonCode(reason)));

        Assert.Equal(isPermitted, mission.Decide(Send) is Decision.Permit);
    }

    [Fact]
    public void StrictestOfTheLayers_Holds_AndDefaultsWhereNoneSays()
    {
        const string Grants = "grants: [{ tools: [mail/send] }]\n";
        var strict = new RuleSources(Given.Guardrails("denials: { narrow: 1 }"), []);

        Assert.Equal(ReasonCode.MissionNarrowed, Refused(Given.Under(strict, Given.Template(Grants + "denials: { narrow: 3 }")), 1).Decide(Send).Denied().Reason);
        Assert.True(Refused(Given.Mission(Grants + "denials: { narrow: 3 }"), 2).Decide(Send).IsPermitted());
        Assert.True(Refused(Given.Mission(Grants), DenialLimits.NarrowDefault - 1).Decide(Send).IsPermitted());
        Assert.Equal(ReasonCode.MissionNarrowed, Refused(Given.Mission(Grants), DenialLimits.NarrowDefault).Decide(Send).Denied().Reason);
        Assert.Equal(ReasonCode.MissionSuspended, Refused(Given.Mission(Grants), DenialLimits.StopDefault).Decide(Send).Denied().Reason);
    }

    [Fact]
    public void Fold_TellsTheSame_AfterARestart()
    {
        var mission = Refused(Given.Mission(Parts), 2);

        var again = MissionState.Fold(mission.Links).Value!;

        Assert.Equal(ReasonCode.MissionNarrowed, DecisionPoint.Decide(again, mission.Propose(Send)).Denied().Reason);
    }

    [Fact]
    public void Expressions_MayAskForRefusals()
    {
        const string Rules = "grants: [{ tools: [mail/send] }]\nrules: [{ id: calm, forbid: 'denials >= 2 && chain.exists(l, l.outcome == \"ok\")' }]";
        var mission = Refused(Given.Mission(Rules).After(Send.Later(TimeSpan.Zero), Send), 1);

        Assert.True(mission.Decide(Send).IsPermitted());
        Assert.Equal("calm", Refused(mission, 1).Decide(Send).Denied().Rule?.Value);
    }

    private static MissionInTest Refused(MissionInTest mission, int times)
    {
        for (var call = 0; call < times; call++)
            mission.Append(Refusal(ReasonCode.Forbidden));
        return mission;
    }

    private static LinkBody.CallRefused Refusal(ReasonCode reason) => new(
        new CallId(Guid.Empty), new AgentId("tester"), "mail_send", Send.Tool, Send.Arguments, new Denial(reason, "No."), Digest.Zero, RequestTrace.None);
}
