using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Enforcement.Asking;
using Harness.Mcp.Proxy.Enforcement.Large;
using Harness.Mcp.Proxy.Wire;

namespace Harness.Mcp.Proxy.Enforcement.Tasks;

/// <summary>How a call ended whose task did: what its link records, and what of that its agent is shown.</summary>
internal sealed class TaskOutcomes(IToolCatalog catalog, LargeAnswers large, ShownResults shown)
{
    /// <summary>The end that a backend reports.</summary>
    public async Task<Settlement> OfAsync(MissionId mission, ChainCall call, TaskReport report)
    {
        var outcome = report.Outcome ?? new BackendReply.Unreadable("The task ended without an outcome.");
        if (outcome is BackendReply.Large tooLarge)
            outcome = await large.KeepAsync(tooLarge, LargeOf(mission, call.Id, call.Tool));
        return Of(outcome, call.Id, call.Tool);
    }

    /// <summary>The end of a task of which its backend says nothing that can be accepted.</summary>
    public static Settlement Without(ChainCall call, BackendReply why) => Settlement.Of(why, call.Id, call.Tool, CallKind.Tool, ResultForm.Json);

    /// <summary>The end of a call that has ended before, as its backend reports it again. A result that went to a file then is not kept a second time.</summary>
    public Settlement Again(TaskHandle handle, BackendReply outcome)
    {
        if (outcome is BackendReply.Large(var spool, _))
            spool.Dispose();
        return Of(outcome, handle.Call, FactsOf(handle));
    }

    /// <summary>The end of a call that has ended before, and whose result was too large to be answered at once.</summary>
    /// <returns>Null where nothing of it is kept.</returns>
    public async Task<Settlement?> KeptAsync(TaskHandle handle) =>
        await large.KeptAsync(LargeOf(handle.Mission, handle.Call, FactsOf(handle))) is { } kept ? Of(kept, handle.Call, FactsOf(handle)) : null;

    /// <summary>The task with what its agent may read of the end.</summary>
    public ShownTask Show(ShownTask task, TaskHandle handle, Settlement settlement) => settlement.Answer switch
    {
        CallAnswer.Result(var value) => task with { Result = shown.Of(value, CallKind.Tool, handle.Tool.Backend, handle.Mission) },
        CallAnswer.Error(var value) => task with { State = TaskState.Failed, Error = Reply.OfError(value).ToJson() },
        // A denial is something that the model reads, as for any call.
        _ => task with { Result = DenialResult.Of(settlement.Denial!, handle.Mission, HasOutputSchema(handle.Tool)) },
    };

    private Settlement Of(BackendReply outcome, CallId call, ToolFacts tool) =>
        Settlement.Of(Acceptable(outcome), call, tool, CallKind.Tool, catalog.Current.Find(tool.Id)?.Results ?? ResultForm.Json);

    private static BackendReply Acceptable(BackendReply outcome) => outcome switch
    {
        BackendReply.Error(var error) when PagesFirst.IsMeant(error) => new BackendReply.Unreadable("The task ended in a page to be opened, which no task can ask for."),
        BackendReply.Result or BackendReply.Kept or BackendReply.Error or BackendReply.Unreadable => outcome,
        _ => new BackendReply.Unreadable("The task ended in what is no result of a tool."),
    };

    private LargeCall LargeOf(MissionId mission, CallId call, ToolFacts tool) => new(mission, call, CallKind.Tool, tool, HasOutputSchema(tool.Id));

    private ToolFacts FactsOf(TaskHandle handle) => catalog.Current.Find(handle.Tool)?.Facts ?? ToolFacts.Widest(handle.Tool, "", Digest.Zero);

    private bool HasOutputSchema(ToolId tool) => catalog.Current.Find(tool) is { } found && found.Definition.TryGetProperty("outputSchema", out _);
}
