using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions;

public class MissionStateTests
{
    private const string Parts = "grants: [{ tools: [fleet/restart] }]";

    private static readonly Call Restart = Call.To(Tool.Write("fleet/restart"));
    private static readonly LinkBody Suspended = new LinkBody.MissionSuspended("op", "why");
    private static readonly LinkBody Resumed = new LinkBody.MissionResumed("op", "why");
    private static readonly LinkBody Completed = new LinkBody.MissionCompleted("op", "why");
    private static readonly LinkBody Revoked = new LinkBody.MissionRevoked("op", "why");

    [Fact]
    public void SuspendedMission_PermitsNothing_UntilItIsResumed()
    {
        var mission = Given.Mission(Parts).Append(Suspended);

        var denial = mission.Decide(Restart).Denied();

        Assert.Equal(ReasonCode.MissionSuspended, denial.Reason);
        Assert.True(mission.Append(Resumed).Decide(Restart).IsPermitted());
    }

    [Fact]
    public void EndedMission_PermitsNothing_AndNeverOpensAgain()
    {
        foreach (var end in new[] { Completed, Revoked })
        {
            var mission = Given.Mission(Parts).Append(Suspended).Append(end);

            Assert.Equal(ReasonCode.MissionEnded, mission.Decide(Restart).Denied().Reason);
            foreach (var link in new[] { Suspended, Resumed, Completed, Revoked })
                Assert.Throws<InvalidOperationException>(() => mission.Append(link));
            Assert.Throws<InvalidOperationException>(() => mission.After(Restart));
        }
    }

    [Fact]
    public void LinksThatMakeNoSense_AreRefused_AndChangeNothing()
    {
        var mission = Given.Mission(Parts);
        var settled = new LinkBody.CallSettled(new CallId(Guid.Empty), CallOutcome.Ok, null, null, [], null);

        Assert.Throws<InvalidOperationException>(() => mission.Append(Resumed));
        Assert.Throws<InvalidOperationException>(() => mission.Append(mission.Links[0].Body));
        Assert.Throws<InvalidOperationException>(() => mission.Append(settled));
        Assert.Throws<InvalidOperationException>(() => mission.Append(Suspended, TimeSpan.FromSeconds(-1)));
        Assert.Throws<InvalidOperationException>(() => mission.State.Apply(mission.Links[0] with { Version = 3, Body = Suspended }));
        Assert.Throws<InvalidOperationException>(() => mission.State.Apply(
            new Link(new MissionId("other"), 2, Given.Noon, Digest.Zero, Suspended)));

        Assert.Equal(1, mission.State.Version);
        Assert.True(mission.Decide(Restart).IsPermitted());
    }

    [Fact]
    public void CallsInFlight_SettleAfterTheEnd()
    {
        var mission = Given.Mission(Parts).After(Restart.StillRunning()).Append(Revoked);
        var pending = Assert.Single(mission.State.Pending);

        mission.Append(new LinkBody.CallSettled(pending.Id, CallOutcome.Unknown, null, null, [], null));

        Assert.Equal(2, pending.Index);
        Assert.Empty(mission.State.Pending);
        Assert.Throws<InvalidOperationException>(() =>
            mission.Append(new LinkBody.CallSettled(pending.Id, CallOutcome.Ok, null, null, [], null)));
    }

    [Fact]
    public void Mission_Expires_ByTheTimeAlone()
    {
        var mission = Given.Mission(Parts);
        var lastMoment = TimeSpan.FromHours(2) - TimeSpan.FromMilliseconds(1);

        Assert.True(mission.Decide(Restart.Later(lastMoment)).IsPermitted());
        Assert.Equal(ReasonCode.MissionExpired, mission.Decide(Restart.Later(TimeSpan.FromHours(2))).Denied().Reason);

        mission.Append(Suspended);
        Assert.Equal(MissionStatus.Expired, mission.State.StatusAt(Given.Noon.AddHours(2)));
        mission.Append(Resumed, TimeSpan.FromHours(2));
        Assert.Equal(ReasonCode.MissionExpired, mission.Decide(Restart).Denied().Reason);
        mission.Append(Completed);
        Assert.Equal(MissionStatus.Completed, mission.State.StatusAt(Given.Noon.AddHours(3)));
    }

    [Fact]
    public void Call_IsDenied_ForAnotherAgent()
    {
        var mission = Given.Mission(Parts);

        var denial = mission.Decide(Restart, new AgentId("stranger")).Denied();

        Assert.Equal(ReasonCode.AgentNotOfMission, denial.Reason);
        Assert.True(mission.Decide(Restart, new AgentId("tester")).IsPermitted());
    }

    [Fact]
    public void Open_Refuses_WhatIsNotAnOpening()
    {
        var first = Given.Mission(Parts).Links[0];
        var opened = (LinkBody.MissionOpened)first.Body;

        Assert.False(MissionState.Open(first with { Body = Suspended }).IsValid);
        Assert.False(MissionState.Open(first with { Version = 2 }).IsValid);
        Assert.False(MissionState.Open(first with { Body = opened with { Document = Call.Json("""{ "mission": "x" }""") } }).IsValid);
        Assert.False(MissionState.Open(first with { Body = opened with { Document = Call.Json("""{ "mission": "x", "mission": "y" }""") } }).IsValid);
        Assert.False(MissionState.Open(first with { Body = opened with { Inputs = Call.Json("""{ "stray": 1 }""") } }).IsValid);
        Assert.True(MissionState.Open(first).IsValid);
    }
}
