using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions;

public class GrantTests
{
    [Theory]
    [InlineData("siem/get_alert", true)]
    [InlineData("siem/list_alerts", true)]
    [InlineData("directory/get_user", true)]
    [InlineData("hr/get_employee", true)]
    [InlineData("hr/list_employees", false)]
    [InlineData("mail/read", false)]
    public void Read_IsGranted_ByBackendDomainOrName(string tool, bool isGranted)
    {
        var mission = Given.Mission("grants: [{ read: [siem/*, 'domain:identity', hr/get_employee] }]");
        var facts = Tool.Read(tool);
        facts = facts.Id.Backend.Value == "directory" ? facts.In("identity") : facts;

        var decision = mission.Decide(Call.To(facts));

        Assert.Equal(isGranted, decision is Decision.Permit);
        Assert.Equal(isGranted, DecisionPoint.IsGranted(mission.State, facts));
    }

    [Fact]
    public void Effect_IsNotGranted_ByTheClassOfReadsAroundIt()
    {
        var mission = Given.Mission("grants: [{ read: [siem/*] }]");

        var denial = mission.Decide(Call.To(Tool.Write("siem/close_alert"))).Denied();

        Assert.Equal(ReasonCode.ToolNotGranted, denial.Reason);
        Assert.Equal(Denial.ToolNotGrantedSentence, denial.Say);
        Assert.True(mission.Decide(Call.To(Tool.Read("siem/close_alert"))).IsPermitted());
    }

    [Fact]
    public void ToolOfUnknownEffect_IsGranted_ByNameAlone()
    {
        var unknown = ToolFacts.Widest(Tool.Id("siem/do"), "siem", Tool.Read("a/b").Definition);

        Assert.Equal(ReasonCode.ToolNotGranted, Given.Mission("grants: [{ read: [siem/*] }]").Decide(Call.To(unknown)).Denied().Reason);
        Assert.True(Given.Mission("grants: [{ tools: [siem/do] }]").Decide(Call.To(unknown)).IsPermitted());
    }

    [Fact]
    public void NotGrantedTool_IsToldNothing_OfTheMission()
    {
        var mission = Given.Mission("grants: [{ tools: [mail/send] }]");

        var denial = mission.Decide(Call.To(Tool.Send("mail/send_all"))).Denied();

        Assert.Equal(Denial.ToolNotGranted, denial);
    }

    [Fact]
    public void Grant_AcceptsArguments_WithinItsSchemas()
    {
        var mission = Given.Mission("""
            grants:
              - tools: [siem/close_alert]
                args: { status: { const: contained }, reason: { maxLength: 5 } }
            """);
        var close = Tool.Write("siem/close_alert");

        var denial = mission.Decide(Call.To(close, """{ "status": "ignored" }""")).Denied();

        Assert.Equal(ReasonCode.ArgumentsNotGranted, denial.Reason);
        Assert.Equal("status", denial.Argument);
        Assert.Equal("grants[0]", denial.Rule?.Value);
        Assert.DoesNotContain("contained", denial.Say, StringComparison.Ordinal);
        Assert.True(mission.Decide(Call.To(close, """{ "status": "contained", "reason": "short" }""")).IsPermitted());
        Assert.Equal("reason", mission.Decide(Call.To(close, """{ "status": "contained", "reason": "too long" }""")).Denied().Argument);
        Assert.True(mission.Decide(Call.To(close)).IsPermitted()); // A limit asks for nothing that is not there.
    }
}
