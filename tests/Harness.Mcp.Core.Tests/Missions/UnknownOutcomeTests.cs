using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions;

public sealed class UnknownOutcomeTests
{
    private const string Document = """
        grants:
          - read: [notes/read]
          - tools: [notes/write]
        """;

    private static readonly ToolFacts Read = Tool.Read("notes/read");
    private static readonly ToolFacts Write = Tool.Write("notes/write");

    [Fact]
    public void Effect_IsNotRepeated_WhileNobodyKnowsWhetherItCameAbout()
    {
        var mission = Lost(Given.Mission(Document), """{"text":"x","n":1}""");

        var denial = Denied(mission, Call.To(Write, """{ "n": 1, "text": "x" }""").Later(TimeSpan.FromSeconds(12.5)));

        Assert.Equal(ReasonCode.RepeatsUnknown, denial.Reason);
        Assert.EndsWith("repeat it in 48 s.", denial.Say, StringComparison.Ordinal);
        Assert.Equal([2], denial.Because);
        Assert.Equal(mission.State.Time + TimeSpan.FromSeconds(60), denial.RetryAfter);
    }

    [Theory]
    [InlineData("""{"text":"y","n":1}""", 0)]
    [InlineData("""{"text":"x","n":1}""", 60)]
    public void OtherEffects_AndLaterOnes_Pass(string arguments, int seconds)
    {
        var mission = Lost(Given.Mission(Document), """{"text":"x","n":1}""");

        Assert.IsType<Decision.Permit>(DecisionPoint.Decide(mission.State, mission.Propose(Call.To(Write, arguments).Later(TimeSpan.FromSeconds(seconds)))));
    }

    [Fact]
    public void Reads_AndEffectsOfKnownOutcome_AreRepeatedFreely()
    {
        var mission = Given.Mission(Document)
            .After(Call.To(Read, "{}").Lost())
            .After(Call.To(Write, "{}").Failing());

        Assert.IsType<Decision.Permit>(DecisionPoint.Decide(mission.State, mission.Propose(Call.To(Read, "{}"))));
        Assert.IsType<Decision.Permit>(DecisionPoint.Decide(mission.State, mission.Propose(Call.To(Write, "{}"))));
    }

    private static MissionInTest Lost(MissionInTest mission, string arguments) => mission.After(Call.To(Write, arguments).Lost());

    private static Denial Denied(MissionInTest mission, Call call) => Assert.IsType<Decision.Deny>(DecisionPoint.Decide(mission.State, mission.Propose(call))).Denial;
}
