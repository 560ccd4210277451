using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Tasks;

/// <summary>A call that was answered by a task and has settled. Its agent may ask for the answer again, since the first one may not have arrived.</summary>
/// <param name="Result">Digest of the answer; null where there was none.</param>
/// <param name="Admitted">When the call was admitted.</param>
/// <param name="Settled">When it settled.</param>
public sealed record EndedTask(CallId Call, CallOutcome Outcome, Digest? Result, DateTimeOffset Admitted, DateTimeOffset Settled);

/// <summary>The tasks of a mission that have ended, the latest of them.</summary>
internal sealed class EndedTasks
{
    private readonly List<EndedTask> _ended = [];

    public EndedTask? Find(CallId call) => _ended.Find(ended => ended.Call == call);

    /// <param name="call">The call as it was while it waited.</param>
    public void Add(ChainCall call, LinkBody.CallSettled settled, DateTimeOffset time)
    {
        if (_ended.Count >= Missions.MissionBounds.TasksEndedMax)
            _ended.RemoveAt(0);
        _ended.Add(new EndedTask(call.Id, settled.Outcome, settled.ResultDigest, call.Time, time));
    }

    public void Transfer(StateTransfer state) => state.Ordered(
        _ended,
        static (state, ended) =>
        {
            var (call, outcome, result) = (ended?.Call.Value.ToString("N"), (int)(ended?.Outcome ?? CallOutcome.Unknown), ended?.Result?.Value);
            var (admitted, settled) = (ended?.Admitted ?? default, ended?.Settled ?? default);
            state.Text(ref call);
            state.Number(ref outcome);
            state.Text(ref result);
            state.Time(ref admitted);
            state.Time(ref settled);
            if (ended is not null)
                return ended;
            if (!Guid.TryParseExact(call, "N", out var id) || !Enum.IsDefined((CallOutcome)outcome))
                throw StateTransfer.Malformed("an ended task belongs to no call");
            return new EndedTask(new CallId(id), (CallOutcome)outcome, result is null ? null : new Digest(result), admitted, settled);
        },
        _ended.Add);
}
