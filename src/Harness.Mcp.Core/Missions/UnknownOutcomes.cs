using System.Globalization;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions;

/// <summary>
/// Effects that were forwarded and of which nobody knows whether they came about. An agent whose stream broke asks again under a new id, as
/// 2026-07-28 demands, and the effect would come about twice: so the very same call waits for a while, in which a read can find out.
/// </summary>
internal sealed class UnknownOutcomes
{
    private readonly List<Lost> _lost = [];

    /// <summary>Takes in a call that settled as unknown.</summary>
    /// <param name="time">Of its settlement.</param>
    public void Add(ChainCall call, DateTimeOffset time)
    {
        if (call.Tool.IsRead)
            return;
        _lost.RemoveAll(earlier => IsOver(earlier, time));
        if (_lost.Count >= MissionBounds.UnknownOutcomesMax)
            _lost.RemoveAt(0);
        _lost.Add(new Lost(call.Tool.Id, Digest.Of(call.Arguments), call.Index, time));
    }

    /// <returns>Why the call must wait; null where it repeats nothing.</returns>
    public Denial? Refuse(ToolCall call)
    {
        if (_lost.Count == 0 || call.Tool.IsRead)
            return null;

        Digest? digest = null;
        for (var place = _lost.Count - 1; place >= 0; place--)
        {
            var earlier = _lost[place];
            if (earlier.Tool != call.Tool.Id || IsOver(earlier, call.Time) || earlier.Arguments != (digest ??= Digest.Of(call.Arguments)))
                continue;
            var from = earlier.Time + MissionBounds.RepeatWindow;
            return new Denial(
                ReasonCode.RepeatsUnknown,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"This very call was forwarded a moment ago, and nobody knows whether it took effect. Find out with a read; if it did not, repeat it in {Math.Ceiling((from - call.Time).TotalSeconds)} s."))
            {
                Because = [earlier.Index],
                RetryAfter = from,
            };
        }

        return null;
    }

    /// <summary>A call that only a replay took for forwarded may be repeated.</summary>
    /// <param name="index">Version of the link that admitted it.</param>
    public void Remove(long index) => _lost.RemoveAll(lost => lost.Index == index);

    public void Transfer(StateTransfer state) => state.Ordered(
        _lost,
        static (state, lost) =>
        {
            var (backend, name, arguments) = ((string?)lost.Tool.Backend.Value, (string?)lost.Tool.Name, (string?)lost.Arguments.Value);
            var (index, time) = (lost.Index, lost.Time);
            state.Text(ref backend);
            state.Text(ref name);
            state.Text(ref arguments);
            state.Number(ref index);
            state.Time(ref time);
            if (backend is null || name is null || arguments is null)
                throw StateTransfer.Malformed("a call that may have taken effect has no name");
            return new Lost(new ToolId(new BackendId(backend), name), new Digest(arguments), index, time);
        },
        _lost.Add);

    private static bool IsOver(Lost earlier, DateTimeOffset time) => time - earlier.Time >= MissionBounds.RepeatWindow;

    /// <param name="Index">Version of the link that admitted it.</param>
    /// <param name="Time">When it settled.</param>
    private readonly record struct Lost(ToolId Tool, Digest Arguments, long Index, DateTimeOffset Time);
}
