using System.Collections.Immutable;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tasks;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Tasks;

/// <summary>Calls that a backend answers later: what they are for rules meanwhile, and what the chain takes of their tasks.</summary>
public class TaskTests
{
    private const string Parts = """
        grants:
          - { read: [hr/*], asks: [elicitation] }
          - { tools: [mail/send, mail/post] }
        rules:
          - { id: no-leak, flow: { label: personal, to: external } }
          - { id: two, on: [mail/send], budget: { max: 2 } }
        """;

    private static readonly ToolFacts Report = Tool.Read("hr/report", "personal");
    private static readonly ToolFacts Send = Tool.Send("mail/send");
    private static readonly ToolFacts Post = Tool.Send("mail/post");

    [Fact]
    public void Call_StaysPending_UntilItsTaskSettlesIt()
    {
        var mission = Waiting(Given.Mission(Parts), Report);
        Assert.Equal("task-1", Assert.Single(mission.State.OpenTasks).Task!.Id);
        Assert.Null(mission.State.FindEndedTask(Id));

        Settle(mission, CallOutcome.Ok);

        Assert.Empty(mission.State.OpenTasks);
        Assert.Empty(mission.State.Pending);
        Assert.Equal((CallOutcome.Ok, Digest.Of("answer"u8)), mission.State.FindEndedTask(Id) is { } ended ? (ended.Outcome, ended.Result!.Value) : default);
    }

    [Fact]
    public void Budget_CountsACallWithATask_Once()
    {
        var mission = Waiting(Given.Mission(Parts), Send);
        Assert.True(mission.Decide(Call.To(Send)).IsPermitted());

        Settle(mission, CallOutcome.Ok);
        Assert.True(mission.Decide(Call.To(Send)).IsPermitted());

        Assert.Equal(ReasonCode.BudgetExhausted, mission.After(Call.To(Send)).Decide(Call.To(Send)).Denied().Reason);
    }

    [Fact]
    public void Label_BarsOtherCalls_OnceTheTaskSaidSomething()
    {
        var mission = Waiting(Given.Mission(Parts), Report);
        Assert.True(mission.Decide(Call.To(Post)).IsPermitted()); // It said nothing yet.

        mission.Append(Reported(mission, "Ann Miller's file is half read.", "personal"));

        Assert.Equal(ReasonCode.FlowForbidden, mission.Decide(Call.To(Post)).Denied().Reason);
    }

    [Fact]
    public void Label_BarsOtherCalls_FromTheResultOn()
    {
        var mission = Waiting(Given.Mission(Parts), Report);

        Settle(mission, CallOutcome.Ok, "personal");

        Assert.Equal([2L], mission.Decide(Call.To(Post)).Denied().Because); // The link of the call itself.
    }

    [Fact]
    public void Values_OfWhatATaskSays_AreKnownWithItsLabels()
    {
        const string Strict = "grounding: strict\ngrants: [{ read: [hr/*] }, { tools: [mail/send] }]";
        var call = Call.To(Send.On("to"), """{ "to": "ann@corp.example" }""");
        var mission = Waiting(Given.Mission(Strict), Tool.Read("hr/report"));
        Assert.Equal(ReasonCode.NotGrounded, mission.Decide(call).Denied().Reason);

        mission.Append(Reported(mission, "Waits for \"ann@corp.example\"."));
        Assert.True(mission.Decide(call).IsPermitted());

        var untrusted = Waiting(Given.Mission(Strict), Tool.Read("hr/report", "untrusted"));
        untrusted.Append(Reported(untrusted, "Waits for ann@corp.example.", "untrusted"));
        Assert.Equal(ReasonCode.NotGrounded, untrusted.Decide(call).Denied().Reason);
    }

    [Fact]
    public void Effect_IsNotRepeated_AfterItsTaskWasLost()
    {
        var mission = Waiting(Given.Mission(Parts), Send);

        Settle(mission, CallOutcome.Unknown);

        Assert.Equal(ReasonCode.RepeatsUnknown, mission.Decide(Call.To(Send)).Denied().Reason);
        Assert.Equal(CallOutcome.Unknown, mission.State.FindEndedTask(Id)!.Outcome);
    }

    [Fact]
    public void Question_MayBeAsked_OfACallThatWaitsForItsTask()
    {
        var mission = Waiting(Given.Mission(Parts), Report);

        mission.Append(new LinkBody.InputAsked(Id, 1, AgentInputs.Elicitation, Call.Json("""{ "q": {} }"""), [], mission.State.Time.AddMinutes(5), false));

        Assert.NotNull(mission.State.FindPending(Id)!.Ask);
        Assert.NotNull(mission.State.FindPending(Id)!.Task);
    }

    [Fact]
    public void EndedTasks_AreForgotten_TheOldestFirst()
    {
        var mission = Given.Mission("grants: [{ read: [hr/*] }]");
        var ids = Enumerable.Range(1, MissionBounds.TasksEndedMax + 1).Select(number => new CallId(new Guid(number, 1, 0, new byte[8]))).ToArray();
        foreach (var id in ids)
        {
            mission.Append(Admitted(mission, id, Report));
            mission.Append(new LinkBody.TaskOpened(id, "t", mission.State.Time.AddHours(1), null, []));
            mission.Append(new LinkBody.CallSettled(id, CallOutcome.Error, null, null, [], null));
        }

        Assert.Null(mission.State.FindEndedTask(ids[0]));
        Assert.All(ids[1..], id => Assert.NotNull(mission.State.FindEndedTask(id)));
    }

    [Fact]
    public void Fold_RefusesLinksOutOfPlace()
    {
        var mission = Given.Mission(Parts);
        Assert.Contains("is not pending", Refused(mission, Opened(mission)), StringComparison.Ordinal);
        Assert.Contains("has none", Refused(mission, Reported(mission, "x")), StringComparison.Ordinal);

        mission.Append(Admitted(mission, Id, Report));
        Assert.Contains("has none", Refused(mission, Reported(mission, "x")), StringComparison.Ordinal);
        Assert.Contains("over already", Refused(mission, Opened(mission) with { ExpiresAt = mission.State.Time }), StringComparison.Ordinal);

        mission.Append(Opened(mission));
        Assert.Contains("has a task", Refused(mission, Opened(mission)), StringComparison.Ordinal);
        for (var report = 0; report < OpenTask.ReportsMax; report++)
            mission.Append(Reported(mission, $"Step {report}."));
        Assert.Contains("too often", Refused(mission, Reported(mission, "One more.")), StringComparison.Ordinal);

        mission.Append(new LinkBody.MissionSuspended("a", ""));
        Assert.Contains("not active", Refused(mission, Reported(mission, "x")), StringComparison.Ordinal);
    }

    [Fact]
    public void Replay_TakesTasksAlong_WhereTheirCallIsStillPermitted()
    {
        var mission = Waiting(Given.Mission(Parts), Report);
        mission.Append(Reported(mission, "Half done."));
        Settle(mission, CallOutcome.Ok);

        Assert.Empty(Replay.Of([.. mission.Links], null).Value!.Notes);
    }

    private static CallId Id { get; } = new(new Guid(2, 0, 0, new byte[8]));

    /// <summary>The mission's second link is a call that waits for a task.</summary>
    private static MissionInTest Waiting(MissionInTest mission, ToolFacts tool) => mission.Append(Admitted(mission, Id, tool)).Append(Opened(mission));

    private static LinkBody.CallAdmitted Admitted(MissionInTest mission, CallId id, ToolFacts tool) =>
        new(id, mission.Agent, tool, Call.Json("{}"), Digest.Zero, mission.State.Rules, RequestTrace.None) { MayAsk = AgentInputs.Elicitation };

    private static LinkBody.TaskOpened Opened(MissionInTest mission) => new(Id, "task-1", mission.State.Time.AddHours(1), null, []);

    private static LinkBody.TaskReported Reported(MissionInTest mission, string message, params ImmutableArray<string> labels) =>
        new(Id, mission.State.Time.AddHours(1), message, labels);

    private static void Settle(MissionInTest mission, CallOutcome outcome, params ImmutableArray<string> labels) => mission.Append(new LinkBody.CallSettled(
        Id, outcome, null, outcome == CallOutcome.Unknown ? null : Digest.Of("answer"u8), labels, null));

    private static string Refused(MissionInTest mission, LinkBody body) => Assert.Throws<InvalidOperationException>(() => mission.Append(body)).Message;
}
