using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Enforcement.Asking;

namespace Harness.Mcp.Proxy.Enforcement.Tasks;

/// <summary>
/// What a task asks of its agent, and what the agent answers: questions and answers like those of a call that is still running (<see cref="InputDesk"/>), but for
/// the way they travel. A question stands until the task ends, and may be answered in parts: what is left is a question of its own.
/// </summary>
internal sealed class TaskQuestions(MissionGates gates, InputDesk desk, IToolCatalog catalog, IBackendDirectory backends)
{
    private static readonly Denial Drifted = new(
        ReasonCode.DefinitionDrifted,
        "This tool's definition changed while its task waited for you, so the task was given up. It may have taken effect: find out with a read, and ask the tool's owner to approve it.");

    private static readonly Denial NotPassedOn = new(
        ReasonCode.BackendUnavailable, "The backend of this task did not take the answer. Ask for the task, and answer again if it still waits.");

    private static readonly Denial Withdrawn = new(ReasonCode.InputNotGiven, "The tool does not wait for an answer to this any more.");

    /// <summary>Takes up what a task asks: what is new is recorded before the agent reads it.</summary>
    /// <param name="call">The call as it is now.</param>
    public async Task<TaskQuestion> AskAsync(AgentTask asked, ChainCall call, TaskReport report, TaskTurn turn)
    {
        var proposed = Proposed(asked, call);
        if (Without(report.Requests!.Value, turn.Answered) is not { } requests)
            return new TaskQuestion.None();
        var (question, refusal) = Question.Read(call.Tool.Id.Backend, TermsOf(call), call.MayAsk, requests);
        if (question is null)
        {
            desk.Refused(proposed, refusal!);
            return new TaskQuestion.Refused(refusal!);
        }

        if ((question.Kinds & ~asked.Declared) is var missing && missing != AgentInputs.None)
            return new TaskQuestion.Undeclared(missing);
        if (call.Ask is { } open)
        {
            if (Digest.Of(open.Asked) == Digest.Of(question.Asked))
                return new TaskQuestion.Asked(open.Asked);
            await WithdrawAsync(asked, call, open);
        }

        var (recorded, why) = await desk.AskAsync(proposed, question, isHeld: false);
        if (recorded is not null)
            return new TaskQuestion.Asked(recorded.Asked);
        if (why!.Reason == ReasonCode.StateUnavailable)
            return new TaskQuestion.Stopped(why);
        return await StoppedAsync(asked) is { } stopped ? stopped : new TaskQuestion.Refused(why);
    }

    /// <summary>The backend does not wait for an answer any more.</summary>
    public Task WithdrawAsync(AgentTask asked, ChainCall call, OpenAsk open) => desk.CloseAsync(Proposed(asked, call), open.Round, Withdrawn);

    /// <summary>Judges what the agent answers, and passes on what may leave.</summary>
    /// <returns>Why it did not leave; null where it did, or where nothing of it was asked for. And whether the task is to be given up.</returns>
    public async Task<(Denial? Denial, bool IsOver)> AnswerAsync(AgentTask asked, ChainCall call, JsonElement responses, TaskTurn turn, CancellationToken cancellationToken)
    {
        if (call.Ask is not { } ask)
            return (null, false);
        string[] keys = [.. ask.Asked.EnumerateObject().Select(request => request.Name).Where(key => responses.TryGetProperty(key, out _))];
        if (keys.Length == 0)
            return (null, false);

        var proposed = Proposed(asked, call);
        var outcome = await desk.GiveAsync(
            proposed, ask.Round, expiresAt: null, waiting => IsAsAdmitted(waiting) ? Answers.Read(Only(waiting.Ask!.Asked, keys), responses) : new Answers.Denied(Drifted));
        switch (outcome)
        {
            case GivenOutcome.Given(var value, _, _):
                gates.Of(asked.Mission).Forget(call.Id); // It goes on waiting on the chain alone.
                return await PassOnAsync(proposed, call, ask, keys, value, turn, cancellationToken);
            case GivenOutcome.Refused(var denial, { }):
                return (denial, true);
            case GivenOutcome.Refused(var denial, null):
                return (denial, false);
            default:
                return (null, false);
        }
    }

    private async Task<(Denial? Denial, bool IsOver)> PassOnAsync(
        ProposedCall proposed, ChainCall call, OpenAsk ask, string[] keys, JsonElement value, TaskTurn turn, CancellationToken cancellationToken)
    {
        var request = new TaskRequest(proposed.Asked.Mission, call.Id, call.Task!.Id, TaskErrand.Update) { Responses = value, MayAsk = call.MayAsk };
        switch (backends.Find(call.Tool.Id.Backend) is { } backend ? await backend.AskTaskAsync(request, cancellationToken) : new TaskReply.None(""))
        {
            case TaskReply.Noted:
                turn.Answered.UnionWith(keys);
                if (Question.Remaining(ask.Asked, keys) is { } left)
                    await desk.AskAsync(proposed, left, isHeld: false);
                return (null, false);
            case TaskReply.Gone:
                return (Settlement.HeldForLost, true);
            default:
                return (NotPassedOn, false);
        }
    }

    private async Task<TaskQuestion.Stopped?> StoppedAsync(AgentTask asked)
    {
        Denial? stopped = null;
        await gates.Of(asked.Mission).LookAsync((state, time) => stopped = DecisionPoint.Refuse(state, time), CancellationToken.None);
        return stopped is null ? null : new TaskQuestion.Stopped(stopped);
    }

    private AskTerms TermsOf(ChainCall call) => backends.Find(call.Tool.Id.Backend)?.Asks ?? AskTerms.Default;

    /// <summary>The call as who asks and answers for it sees it.</summary>
    private ProposedCall Proposed(AgentTask asked, ChainCall call) =>
        new(new AgentCall(asked.Agent, asked.Mission, call.Tool.Id.ToString(), call.Arguments, null), tool: null, call.Arguments)
        {
            Id = call.Id,
            Facts = call.Tool,
            AnswerLabels = TermsOf(call).Labels,
        };

    private bool IsAsAdmitted(ChainCall call) =>
        catalog.Current.Find(call.Tool.Id) is { Standing: ToolStanding.Approved } current && current.Facts.Definition == call.Tool.Definition;

    private static JsonElement? Without(JsonElement requests, HashSet<string> answered)
    {
        var left = requests.EnumerateObject().Where(request => !answered.Contains(request.Name)).ToArray();
        return left.Length == 0 && answered.Count > 0 ? null : Object(left);
    }

    private static JsonElement Only(JsonElement asked, string[] keys) => Object(asked.EnumerateObject().Where(request => keys.Contains(request.Name, StringComparer.Ordinal)));

    private static JsonElement Object(IEnumerable<JsonProperty> members) =>
        JsonSerializer.SerializeToElement(members.ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal));
}

/// <summary>What became of what a task asks.</summary>
internal abstract record TaskQuestion
{
    private TaskQuestion() { }

    /// <param name="Requests">A JSON object of the requests as the agent is shown them: they are durable.</param>
    public sealed record Asked(JsonElement Requests) : TaskQuestion;

    /// <summary>All of it was answered before.</summary>
    public sealed record None : TaskQuestion;

    /// <summary>The agent does not say with this request that it can be asked this.</summary>
    public sealed record Undeclared(AgentInputs Missing) : TaskQuestion;

    /// <summary>It is not asked now, and the task goes on.</summary>
    public sealed record Stopped(Denial Denial) : TaskQuestion;

    /// <summary>It may never be asked, so the task cannot go on.</summary>
    public sealed record Refused(Denial Denial) : TaskQuestion;
}
