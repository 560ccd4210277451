using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Snapshots;

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

    public void Transfer(StateTransfer state) => state.Ordered(
        _calls,
        (state, call) =>
        {
            var index = call?.Index ?? 0;
            var link = state.Name(ref index);
            var isAnchored = call is not null && _anchored.Contains(call.Id);
            state.Flag(ref isAnchored);
            if (call is not null)
                return call;

            if (link is not { Body: LinkBody.CallAdmitted admitted })
                throw StateTransfer.Malformed($"link {index} admits no call");
            if (isAnchored)
                _anchored.Add(admitted.Call);
            return ChainCall.Of(link, admitted);
        },
        _calls.Add);

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
