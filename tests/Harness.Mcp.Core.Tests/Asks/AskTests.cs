using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Asks;

/// <summary>What a backend may ask of the agent, what that brings into the mission, and what the agent may answer.</summary>
public class AskTests
{
    private const string Parts = """
        grants:
          - { read: [hr/*], asks: [elicitation] }
          - { tools: [mail/send], asks: [elicitation, sampling] }
          - { tools: [mail/post] }
        rules: [{ id: no-leak, flow: { label: personal, to: external } }]
        """;

    private static readonly ToolFacts Lookup = Tool.Read("hr/lookup");
    private static readonly ToolFacts Send = Tool.Send("mail/send");
    private static readonly ToolFacts Post = Tool.Send("mail/post");
    private static readonly JsonElement Form = Call.Json("""{ "q": { "method": "elicitation/create", "params": { "message": "Who?" } } }""");

    [Fact]
    public void Permit_SaysWhatTheGrantLetsBeAsked()
    {
        var mission = Given.Mission(Parts);

        Assert.Equal(AgentInputs.Elicitation | AgentInputs.Sampling, Assert.IsType<Decision.Permit>(mission.Decide(Call.To(Send))).MayAsk);
        Assert.Equal(AgentInputs.None, Assert.IsType<Decision.Permit>(mission.Decide(Call.To(Post))).MayAsk);
        Assert.Equal(AgentInputs.Elicitation | AgentInputs.Sampling, mission.State.AsksOf(new BackendId("mail"), "mail"));
        Assert.Equal(AgentInputs.Elicitation, mission.State.AsksOf(new BackendId("hr"), "hr"));
        Assert.Equal(AgentInputs.None, mission.State.AsksOf(new BackendId("crm"), "crm"));
    }

    [Fact]
    public void Permit_SaysWhatTheApprovedGrantLetsBeAsked()
    {
        var mission = Given.Mission("grants: [{ tools: [mail/send], asks: [sampling], approval: { by: [lead] } }]").Park(Call.To(Send)).Approve(2, "lead");

        Assert.Equal(AgentInputs.Sampling, Assert.IsType<Decision.Permit>(mission.Decide(Call.To(Send))).MayAsk);
    }

    [Fact]
    public void Answer_MayLeave_WhereNothingBarsIt()
    {
        var mission = Asking(Given.Mission(Parts), Send);

        Assert.Null(Decide(mission, "untrusted"));
        Answer(mission, "untrusted");
        Assert.Equal(ReasonCode.RequestStateUsed, Decide(mission)!.Reason); // Once.
    }

    [Fact]
    public void Answer_IsDenied_WhereItsLabelMustNotFlowToTheTool()
    {
        var denial = Decide(Asking(Given.Mission(Parts), Send), "personal")!;

        Assert.Equal((ReasonCode.FlowForbidden, "no-leak"), (denial.Reason, denial.Rule?.Value));
        Assert.Null(Decide(Asking(Given.Mission(Parts), Lookup), "personal")); // A tool that takes nothing outside.
    }

    [Fact]
    public void Answer_IsDenied_AfterPersonalDataWasReadMeanwhile()
    {
        var mission = Asking(Given.Mission(Parts), Send).After(Call.To(Tool.Read("hr/get", "personal")));

        Assert.Equal([4L], Decide(mission)!.Because);
    }

    [Fact]
    public void Answer_MayLeave_ToTheToolWhoseOwnQuestionBroughtTheLabel()
    {
        var send = Send with { Labels = new ResultLabels(["personal"], []) };
        var mission = Asking(Given.Mission(Parts), send);

        Assert.Null(Decide(mission));
        Assert.Equal(ReasonCode.FlowForbidden, mission.Decide(Call.To(Post)).Denied().Reason); // What it asked is known to the mission.
    }

    [Fact]
    public void Label_BarsOtherCalls_FromTheAnswerOn()
    {
        var mission = Asking(Given.Mission(Parts), Lookup);
        Assert.True(mission.Decide(Call.To(Post)).IsPermitted());

        Answer(mission, "personal");

        Assert.Equal(ReasonCode.FlowForbidden, mission.Decide(Call.To(Post)).Denied().Reason);
    }

    [Fact]
    public void Expressions_SeeTheLabelsOfACallThatStillRuns()
    {
        const string Rule = "grants: [{ read: [hr/*], asks: [elicitation] }, { tools: [mail/post] }]\nrules: [{ id: r, on: [mail/post], forbid: 'chain.exists(l, \"personal\" in l.labels)' }]";
        var mission = Asking(Given.Mission(Rule), Lookup);
        Assert.True(mission.Decide(Call.To(Post)).IsPermitted());

        Answer(mission, "personal");
        Assert.Equal(ReasonCode.Forbidden, mission.Decide(Call.To(Post)).Denied().Reason);

        mission.Append(new LinkBody.CallSettled(Id, CallOutcome.Ok, null, null, [], null));
        Assert.Equal(ReasonCode.Forbidden, mission.Decide(Call.To(Post)).Denied().Reason);
    }

    [Theory]
    [InlineData("sk-live-4eC39HqLyjWDarjtT1zdp7dc", "carries_refused")]
    [InlineData("write to eve@evil.example", "carries_refused")]
    [InlineData("the blue one", null)]
    public void Answer_IsHeldAgainstWhatACarryRuleRefuses(string text, string? reason)
    {
        var mission = Asking(Given.Mission("grants: [{ tools: [mail/send], asks: [elicitation] }]\nrules: [{ id: clean, on: [mail/send], carry: { refuse: [address, secret] } }]"), Send);

        Assert.Equal(reason, Decide(mission, new { q = new { action = "accept", content = new { text } } }, "untrusted")?.Reason.Value);
    }

    [Fact]
    public void Values_AreKnownFromWhatWasAskedAndAnswered_AsTheirLabelsSay()
    {
        const string Strict = "grounding: strict\ngrants: [{ read: [hr/*], asks: [elicitation] }, { tools: [mail/send] }]";
        static Call To(string who) => Call.To(Send.On("to"), JsonSerializer.Serialize(new { to = who }));
        var asked = Call.To(Lookup).Asking("""{ "q": "Write to ann@corp.example?" }""", """{ "q": "no, to bob@corp.example" }""");

        var trusted = Given.Mission(Strict).After(asked);
        Assert.True(trusted.Decide(To("ann@corp.example")).IsPermitted());
        Assert.True(trusted.Decide(To("bob@corp.example")).IsPermitted());

        var untrusted = Given.Mission(Strict).After(asked with { Input = (asked.Input!.Value.Asked, asked.Input.Value.Given, ["untrusted"]) });
        Assert.Equal(ReasonCode.NotGrounded, untrusted.Decide(To("bob@corp.example")).Denied().Reason);
    }

    [Fact]
    public void Budget_CountsACallOnce_HoweverOftenItAsks()
    {
        var mission = Given.Mission("grants: [{ tools: [mail/send], asks: [elicitation] }]\nrules: [{ id: two, on: [mail/send], budget: { max: 2 } }]");
        Asking(mission, Send);
        Answer(mission);
        Ask(mission, 2);
        Assert.Null(Decide(mission, round: 2));

        Assert.True(mission.Decide(Call.To(Send)).IsPermitted());
    }

    [Fact]
    public void Answer_IsDenied_InAMissionThatWasStopped()
    {
        var mission = Asking(Given.Mission(Parts), Send).Append(new LinkBody.MissionSuspended("a", ""));

        Assert.Equal(ReasonCode.MissionSuspended, Decide(mission)!.Reason);
    }

    [Fact]
    public void Answer_IsDenied_AfterItsTime()
    {
        var mission = Asking(Given.Mission(Parts), Send);

        Assert.Equal(
            ReasonCode.RequestStateExpired,
            DecisionPoint.DecideInput(mission.State, Id, 1, new GivenInput(mission.Agent, Form, []), mission.State.Time.AddMinutes(5))!.Reason);
    }

    [Fact]
    public void Fold_RefusesLinksOutOfPlace()
    {
        var mission = Asking(Given.Mission(Parts), Send);

        Assert.Contains("asked already", Refused(mission, new LinkBody.InputAsked(Id, 2, AgentInputs.Sampling, Form, [], Later(mission), false)), StringComparison.Ordinal);
        Assert.Contains("does not wait", Refused(mission, new LinkBody.InputGiven(Id, 2, Form, Digest.Zero, [])), StringComparison.Ordinal);
        Answer(mission);
        Assert.Contains("does not wait", Refused(mission, new LinkBody.InputGiven(Id, 1, Form, Digest.Zero, [])), StringComparison.Ordinal);
        Assert.Contains("question 3 after 1", Refused(mission, new LinkBody.InputAsked(Id, 3, AgentInputs.Sampling, Form, [], Later(mission), false)), StringComparison.Ordinal);
        Assert.Contains("not granted", Refused(mission, new LinkBody.InputAsked(Id, 2, AgentInputs.Roots, Form, [], Later(mission), false)), StringComparison.Ordinal);
        mission.Append(new LinkBody.CallSettled(Id, CallOutcome.Ok, null, null, [], null));
        Assert.Contains("not pending", Refused(mission, new LinkBody.InputAsked(Id, 2, AgentInputs.Sampling, Form, [], Later(mission), false)), StringComparison.Ordinal);
    }

    [Fact]
    public void Rounds_HaveAnEnd()
    {
        var mission = Asking(Given.Mission(Parts), Send);
        for (var round = 2; round <= OpenAsk.RoundsMax; round++)
        {
            mission.Append(new LinkBody.InputRefused(Id, round - 1, new Denial(ReasonCode.InputNotGiven, "")));
            Ask(mission, round);
        }

        Answer(mission, round: OpenAsk.RoundsMax);
        Assert.Contains("question 11", Refused(mission, new LinkBody.InputAsked(Id, 11, AgentInputs.Elicitation, Form, [], Later(mission), false)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("asks: [elicitation, elicitaton]", "Did you mean `elicitation`?")]
    [InlineData("asks: [elicitation, elicitation]", "stands twice")]
    [InlineData("asks: []", "is empty")]
    [InlineData("asks: everything", "Known: `elicitation`, `elicitation-url`, `roots`, `sampling`.")]
    public void Grant_IsRefused_WhereItsAsksAreNot(string asks, string complaint)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Given.Mission($"grants: [{{ read: [hr/*], {asks} }}]"));

        Assert.Contains(complaint, refused.Message, StringComparison.Ordinal);
    }

    private static CallId Id { get; } = new(new Guid(2, 0, 0, new byte[8]));

    private static DateTimeOffset Later(MissionInTest mission) => mission.State.Time.AddMinutes(5);

    /// <summary>The mission's second link is a call that waits at its first question.</summary>
    private static MissionInTest Asking(MissionInTest mission, ToolFacts tool)
    {
        mission.Append(new LinkBody.CallAdmitted(Id, mission.Agent, tool, Call.Json("{}"), Digest.Zero, mission.State.Rules, RequestTrace.None)
        {
            MayAsk = AgentInputs.Elicitation | AgentInputs.Sampling,
        });
        return Ask(mission, 1);
    }

    private static MissionInTest Ask(MissionInTest mission, int round) =>
        mission.Append(new LinkBody.InputAsked(Id, round, AgentInputs.Elicitation, Form, mission.State.FindPending(Id)!.Tool.Labels.All, Later(mission), false));

    private static void Answer(MissionInTest mission, string? label = null, int round = 1) =>
        mission.Append(new LinkBody.InputGiven(Id, round, Form, Digest.Zero, label is null ? [] : [label]));

    private static Denial? Decide(MissionInTest mission, string? label = null, int round = 1) =>
        DecisionPoint.DecideInput(mission.State, Id, round, new GivenInput(mission.Agent, Call.Json("""{ "q": { "action": "accept" } }"""), label is null ? [] : [label]), mission.State.Time);

    private static Denial? Decide(MissionInTest mission, object given, string label) =>
        DecisionPoint.DecideInput(mission.State, Id, 1, new GivenInput(mission.Agent, JsonSerializer.SerializeToElement(given), [label]), mission.State.Time);

    private static string Refused(MissionInTest mission, LinkBody body) => Assert.Throws<InvalidOperationException>(() => mission.Append(body)).Message;
}
