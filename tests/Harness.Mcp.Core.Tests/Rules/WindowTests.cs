using Harness.Mcp.Core.Decisions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

public class WindowTests
{
    private const string Parts = """
        grants: [{ tools: [mail/send] }, { read: [mail/read] }]
        rules: [{ id: pace, on: ["effect:write"], window: { max: 2, per: 1m } }]
        """;

    private static readonly Call Send = Call.To(Tool.Send("mail/send"));

    [Fact]
    public void Call_IsDenied_PastTheRate_AndToldWhenToRetry()
    {
        var mission = Given.Mission(Parts).After(Send, Send.Later(TimeSpan.FromSeconds(10)).StillRunning());

        var denial = mission.Decide(Send.Later(TimeSpan.FromSeconds(30))).Denied();

        Assert.Equal(ReasonCode.RateExceeded, denial.Reason);
        Assert.Equal(Given.Noon.AddSeconds(60), denial.RetryAfter);
        Assert.Equal(0, denial.Remaining);
        Assert.Equal([2L, 4L], denial.Because);
        Assert.Contains("wait 20s", denial.Say, StringComparison.Ordinal);
        Assert.True(mission.Decide(Send.Later(TimeSpan.FromSeconds(50))).IsPermitted());
    }

    [Fact]
    public void Window_Slides()
    {
        var mission = Given.Mission(Parts).After(
            Send, Send.Later(TimeSpan.FromSeconds(30)), Send.Later(TimeSpan.FromSeconds(30)));

        Assert.Equal(ReasonCode.RateExceeded, mission.Decide(Send).Denied().Reason);
        Assert.True(mission.Decide(Send.Later(TimeSpan.FromSeconds(30))).IsPermitted());
    }

    [Fact]
    public void CallsOfOtherClasses_DoNotCount()
    {
        var read = Call.To(Tool.Read("mail/read"));

        var mission = Given.Mission(Parts).After(read, read, read, Send);

        Assert.True(mission.Decide(Send).IsPermitted());
        Assert.True(mission.After(Send).Decide(read).IsPermitted());
    }
}
