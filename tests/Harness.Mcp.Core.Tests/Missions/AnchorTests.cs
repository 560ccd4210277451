using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions;

public class AnchorTests
{
    private const string Parts = """
        inputs:
          alert: { type: string }
        anchors:
          alert: { inputs: [alert] }
          user: { results: [{ tool: siem/get_alert, field: user }] }
          host: { results: [{ tool: siem/get_alert, field: "hosts[]" }] }
          manager: { results: [{ tool: directory/get_user, field: manager.id }] }
        grants:
          - read: [siem/*, directory/get_user]
            anchored: { alert: alert, user: user }
          - read: [fleet/get_host]
            anchored: { host: host, "owners[].id": manager }
          - tools: [hr/notify]
            anchored: { employee: manager }
        unanchored: [siem/list_alerts]
        """;

    private static readonly Call GetAlert = Call.To(Tool.Read("siem/get_alert"), """{ "alert": "ALR-1" }""")
        .Answering("""{ "user": "bob", "hosts": ["web-1", "web-2"] }""");

    private static readonly Call ListAlerts = Call.To(Tool.Read("siem/list_alerts"))
        .Answering("""{ "user": "eve", "alert": "ALR-2" }""");

    [Fact]
    public void Read_IsDenied_OutsideOfTheAlertThatWasGiven()
    {
        var mission = Opened();

        var denial = mission.Decide(Call.To(Tool.Read("siem/get_alert"), """{ "alert": "ALR-2" }""")).Denied();

        Assert.Equal(ReasonCode.NotAnchored, denial.Reason);
        Assert.Equal("alert", denial.Argument);
        Assert.Equal("grants[0]", denial.Rule?.Value);
        Assert.DoesNotContain("ALR", denial.Say, StringComparison.Ordinal);
        Assert.True(mission.Decide(GetAlert).IsPermitted());
    }

    [Fact]
    public void User_IsAnchored_OnceAnAnchoredCallNamedIt()
    {
        var mission = Opened();
        var getBob = Call.To(Tool.Read("directory/get_user"), """{ "user": "bob" }""");

        var before = mission.Decide(getBob).Denied();
        mission.After(GetAlert);

        Assert.Equal(ReasonCode.NotAnchored, before.Reason);
        Assert.Equal(["siem/get_alert"], before.AllowedNext);
        Assert.True(mission.Decide(getBob).IsPermitted());
        Assert.Equal(ReasonCode.NotAnchored, mission.Decide(Call.To(Tool.Read("directory/get_user"), """{ "user": "Bob" }""")).Denied().Reason);
    }

    [Fact]
    public void Sets_DoNotGrow_ThroughFailedLostOrRunningCalls()
    {
        var getBob = Call.To(Tool.Read("directory/get_user"), """{ "user": "bob" }""");

        Assert.Equal(ReasonCode.NotAnchored, Opened().After(GetAlert.Failing()).Decide(getBob).Denied().Reason);
        Assert.Equal(ReasonCode.NotAnchored, Opened().After(GetAlert.Lost()).Decide(getBob).Denied().Reason);
        Assert.Equal(ReasonCode.NotAnchored, Opened().After(GetAlert.StillRunning()).Decide(getBob).Denied().Reason);
    }

    [Fact]
    public void Sets_DoNotGrow_ThroughCallsThatWereNotAnchored()
    {
        var stray = GetAlert with { Arguments = Call.Json("""{ "alert": "ALR-2" }""") };

        var mission = Opened().After(stray, ListAlerts);

        Assert.Equal(
            ReasonCode.NotAnchored,
            mission.Decide(Call.To(Tool.Read("directory/get_user"), """{ "user": "bob" }""")).Denied().Reason);
    }

    [Fact]
    public void Anchors_Reach_OverTwoSystems()
    {
        var mission = Opened().After(
            GetAlert,
            Call.To(Tool.Read("directory/get_user"), """{ "user": "bob" }""").Answering("""{ "manager": { "id": 7 } }"""));
        var notify = Tool.Write("hr/notify");

        Assert.True(mission.Decide(Call.To(notify, """{ "employee": 7 }""")).IsPermitted());
        Assert.True(mission.Decide(Call.To(notify, """{ "employee": 7.0 }""")).IsPermitted());
        Assert.Equal(ReasonCode.NotAnchored, mission.Decide(Call.To(notify, """{ "employee": "7" }""")).Denied().Reason);
    }

    [Fact]
    public void CallWithoutAnchoredArgument_IsDenied_UnlessItsToolIsUnanchored()
    {
        var mission = Opened();

        var denial = mission.Decide(Call.To(Tool.Read("siem/get_alert"))).Denied();

        Assert.Equal(ReasonCode.NotAnchored, denial.Reason);
        Assert.True(mission.Decide(ListAlerts).IsPermitted());
        Assert.Equal(ReasonCode.NotAnchored, mission.Decide(ListAlerts with { Arguments = Call.Json("""{ "alert": "ALR-9" }""") }).Denied().Reason);
    }

    [Theory]
    [InlineData("""{ "host": "web-1" }""", true)]
    [InlineData("""{ "host": ["web-1", "web-2"] }""", true)]
    [InlineData("""{ "host": ["web-1", ["web-2"]] }""", true)]
    [InlineData("""{ "host": "web-1", "owners": null }""", true)]
    [InlineData("""{ "host": ["web-1", "db-1"] }""", false)]
    [InlineData("""{ "host": ["web-1", null] }""", false)]
    [InlineData("""{ "host": { "name": "web-1" } }""", false)]
    [InlineData("""{ "host": true }""", false)]
    [InlineData("""{ "host": [] }""", false)]
    [InlineData("""{ "host": null }""", false)]
    [InlineData("""{ "host": "web-1", "owners": [{ "id": 8 }] }""", false)]
    [InlineData("""{ "host": "web-1", "owners": [{ "name": "x" }] }""", true)]
    [InlineData("""{ "HOST": "web-1" }""", false)]
    public void EveryAtom_OfEveryAnchoredArgument_MustBeInItsSet(string arguments, bool isPermitted)
    {
        var mission = Opened().After(GetAlert);

        var decision = mission.Decide(Call.To(Tool.Read("fleet/get_host"), arguments));

        Assert.Equal(isPermitted, decision is Decision.Permit);
    }

    [Fact]
    public void ListOfAThousandAtoms_IsTheLargest_ThatAnArgumentMayCarry()
    {
        var mission = Opened().After(GetAlert);
        string Hosts(int count) => $$"""{ "host": [{{string.Join(", ", Enumerable.Repeat("\"web-1\"", count))}}] }""";

        Assert.True(mission.Decide(Call.To(Tool.Read("fleet/get_host"), Hosts(1_000))).IsPermitted());
        Assert.Equal(ReasonCode.NotAnchored, mission.Decide(Call.To(Tool.Read("fleet/get_host"), Hosts(1_001))).Denied().Reason);
    }

    [Fact]
    public void FullSet_DeniesWhatItCannotTell_AndKeepsWhatItKnows()
    {
        var hosts = string.Join(", ", Enumerable.Range(0, MissionBounds.AnchorAtomsMax + 1).Select(host => $"\"h{host}\""));
        var mission = Opened().After(GetAlert.Answering($$"""{ "hosts": [{{hosts}}] }"""));
        var getHost = Tool.Read("fleet/get_host");

        Assert.True(mission.Decide(Call.To(getHost, """{ "host": "h9999" }""")).IsPermitted());
        Assert.Equal(ReasonCode.StateExhausted, mission.Decide(Call.To(getHost, """{ "host": "h10000" }""")).Denied().Reason);
    }

    [Fact]
    public void TextThatNoStringCanHold_IsAnAtom_LikeAnyOther()
    {
        var half = """{ "user": "\ud800" }""";
        var mission = Opened().After(GetAlert.Answering(half));

        Assert.True(mission.Decide(Call.To(Tool.Read("directory/get_user"), half)).IsPermitted());
        Assert.Equal(ReasonCode.NotAnchored, mission.Decide(Call.To(Tool.Read("directory/get_user"), """{ "user": "\ud801" }""")).Denied().Reason);
    }

    private static MissionInTest Opened() => Given.Mission(Parts, "alert=ALR-1");
}
