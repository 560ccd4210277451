using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// The links of one clause that are still too young to count, and those that count until they are too old. They enter and leave in the order of their
/// time, and none does so twice: that is why time must not run backwards here.
/// </summary>
internal sealed class WaitingLinks(RuleMemory memory)
{
    private readonly PriorityQueue<LinkKeys, long> _entering = new();
    private readonly PriorityQueue<LinkKeys, long> _leaving = new();
    private long _enteredAt = long.MinValue;
    private long _leftAt = long.MinValue;
    private long _bytes;

    /// <param name="at">In ticks, as all times here.</param>
    /// <returns>False where there is no room.</returns>
    public bool TryWaitToEnter(LinkKeys link, long at) => TryWait(_entering, link, at);

    /// <inheritdoc cref="TryWaitToEnter"/>
    public bool TryWaitToLeave(LinkKeys link, long last) => TryWait(_leaving, link, last);

    /// <returns>The next link that has come of age; null where there is none.</returns>
    public LinkKeys? NextToEnter(long now)
    {
        if (!_entering.TryPeek(out _, out var ripe) || ripe > now)
            return null;
        _enteredAt = Math.Max(_enteredAt, ripe);
        return Done(_entering);
    }

    /// <returns>The next link that counts no more; null where there is none.</returns>
    public LinkKeys? NextToLeave(long now)
    {
        if (!_leaving.TryPeek(out _, out var last) || last >= now)
            return null;
        _leftAt = Math.Max(_leftAt, last);
        return Done(_leaving);
    }

    /// <summary>Whether what has entered and left is just what had by then.</summary>
    public bool IsRightAt(long now) => now >= _enteredAt && now > _leftAt;

    public void Clear()
    {
        memory.Return(_bytes);
        _bytes = 0;
        _entering.Clear();
        _leaving.Clear();
    }

    public void Transfer(StateTransfer state)
    {
        Transfer(state, _entering);
        Transfer(state, _leaving);
        state.Number(ref _enteredAt);
        state.Number(ref _leftAt);
        state.Number(ref _bytes);
    }

    private static void Transfer(StateTransfer state, PriorityQueue<LinkKeys, long> queue) => state.Unordered(
        queue.UnorderedItems.ToArray(),
        static (state, waiting) =>
        {
            var until = waiting.Priority;
            state.Number(ref until);
            return (LinkKeys.Transferred(state, waiting.Element), until);
        },
        waiting => queue.Enqueue(waiting.Element, waiting.Priority));

    private bool TryWait(PriorityQueue<LinkKeys, long> queue, LinkKeys link, long until)
    {
        if (_entering.Count + _leaving.Count >= ClauseMonitor.WaitingMax || _bytes + link.Bytes > ClauseMonitor.KeyBytesMax || !memory.TryTake(link.Bytes))
            return false;
        _bytes += link.Bytes;
        queue.Enqueue(link, until);
        return true;
    }

    private LinkKeys Done(PriorityQueue<LinkKeys, long> queue)
    {
        var link = queue.Dequeue();
        _bytes -= link.Bytes;
        memory.Return(link.Bytes);
        return link;
    }
}
