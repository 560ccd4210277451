using Harness.Mcp.Core.Decisions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

public class FlowTests
{
    private const string Parts = """
        grants: [{ read: [hr/*] }, { tools: [mail/send, mail/send_internal] }]
        rules: [{ id: no-leak, flow: { label: personal, to: external } }]
        """;

    private static readonly Call Employee = Call.To(Tool.Read("hr/get_employee", "personal", "untrusted"));
    private static readonly Call Send = Call.To(Tool.Send("mail/send"));

    [Fact]
    public void Send_IsDenied_AfterPersonalDataWasRead()
    {
        var mission = Given.Mission(Parts).After(Call.To(Tool.Read("hr/list_teams")), Employee);

        var denial = mission.Decide(Send).Denied();

        Assert.Equal(ReasonCode.FlowForbidden, denial.Reason);
        Assert.Equal([4L], denial.Because);
        Assert.True(mission.Decide(Call.To(Tool.Send("mail/send_internal", "internal"))).IsPermitted());
    }

    [Fact]
    public void Send_IsPermitted_WhileTheReadIsNotDelivered()
    {
        var mission = Given.Mission(Parts).After(Employee.StillRunning());

        Assert.True(mission.Decide(Send).IsPermitted());
    }

    [Fact]
    public void Send_IsDenied_AfterAnErrorThatCarriedTheLabel()
    {
        var mission = Given.Mission(Parts).After(Employee.Failing());

        Assert.Equal(ReasonCode.FlowForbidden, mission.Decide(Send).Denied().Reason);
    }
}
