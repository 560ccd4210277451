using Harness.Mcp.Core.Decisions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

public class NeverAfterTests
{
    private const string Parts = """
        grants: [{ tools: [fleet/isolate_host, fleet/release_host] }]
        rules:
          - { id: not-twice, on: [fleet/isolate_host], never-after: { tools: [fleet/release_host], same: [host] } }
        """;

    private static readonly Call Release = Call.To(Tool.Write("fleet/release_host"), """{ "host": "web-1" }""");
    private static readonly Call Isolate = Call.To(Tool.Write("fleet/isolate_host"), """{ "host": "web-1" }""");

    [Fact]
    public void Isolate_IsDenied_AfterTheSameHostWasReleased()
    {
        var mission = Given.Mission(Parts).After(Release);

        var denial = mission.Decide(Isolate).Denied();

        Assert.Equal(ReasonCode.ForbiddenAfter, denial.Reason);
        Assert.Equal([2L], denial.Because);
        Assert.True(mission.Decide(Isolate with { Arguments = Call.Json("""{ "host": "web-2" }""") }).IsPermitted());
    }

    [Fact]
    public void EarlierCall_Counts_HoweverItEnds()
    {
        Assert.Equal(ReasonCode.ForbiddenAfter, Given.Mission(Parts).After(Release.StillRunning()).Decide(Isolate).Denied().Reason);
        Assert.Equal(ReasonCode.ForbiddenAfter, Given.Mission(Parts).After(Release.Failing()).Decide(Isolate).Denied().Reason);
        Assert.Equal(ReasonCode.ForbiddenAfter, Given.Mission(Parts).After(Release.Lost()).Decide(Isolate).Denied().Reason);
        Assert.True(Given.Mission(Parts).Decide(Isolate).IsPermitted());
    }

    [Fact]
    public void EarlierCallWithoutTheArgument_CountsAgainstEveryValue()
    {
        var mission = Given.Mission(Parts).After(Release with { Arguments = Call.Json("""{ "all": true }""") });

        var denial = mission.Decide(Isolate).Denied();

        Assert.Equal(ReasonCode.ForbiddenAfter, denial.Reason);
    }
}
