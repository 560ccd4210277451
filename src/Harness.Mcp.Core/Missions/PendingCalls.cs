using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Core.Missions;

/// <summary>The calls of a mission that are admitted and not settled, in order of admission.</summary>
internal sealed class PendingCalls
{
    private readonly List<ChainCall> _calls = [];
    private readonly HashSet<CallId> _anchored = [];

    public IReadOnlyList<ChainCall> All => _calls;

    public bool Holds(CallId id) => _calls.Exists(pending => pending.Id == id);

    /// <param name="isAnchored">Whether what the call brings is part of the mission: known at its admission.</param>
    public void Add(ChainCall call, bool isAnchored)
    {
        _calls.Add(call);
        if (isAnchored)
            _anchored.Add(call.Id);
    }

    /// <param name="id">A call that is pending.</param>
    public ChainCall Remove(CallId id, out bool isAnchored)
    {
        isAnchored = _anchored.Remove(id);
        var position = _calls.FindIndex(pending => pending.Id == id);
        var call = _calls[position];
        _calls.RemoveAt(position);
        return call;
    }
}
