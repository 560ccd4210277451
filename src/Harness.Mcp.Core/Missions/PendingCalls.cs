using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tasks;

namespace Harness.Mcp.Core.Missions;

/// <summary>The calls of a mission that are admitted and not settled, in order of admission.</summary>
internal sealed class PendingCalls(ToolPlans plans)
{
    private readonly List<ChainCall> _calls = [];
    private readonly HashSet<CallId> _anchored = [];

    public IReadOnlyList<ChainCall> All => _calls;

    public ReadOnlySpan<ChainCall> InPlace => CollectionsMarshal.AsSpan(_calls);

    public ChainCall? Find(CallId id) => PlaceOf(id) is >= 0 and var place ? _calls[place] : null;

    /// <summary>Puts a call in its own place as it is now.</summary>
    public void Replace(ChainCall call) => _calls[PlaceOf(call.Id)] = call;

    /// <summary>Puts a call in its own place as it is now: from here on the mission carries the labels, though the call has no result yet.</summary>
    public void Hear(ChainCall call, ImmutableArray<string> labels)
    {
        Replace(call.With(labels));
        foreach (var rule in plans.Of(call.Tool).Noticing)
            rule.Monitor.Hear(call, labels);
    }

    public bool Holds(CallId id) => PlaceOf(id) >= 0;

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
            var (labels, rounds, ask) = (call?.Labels ?? [], call?.Rounds ?? 0, (long?)call?.Ask?.Version);
            TransferLabels(state, ref labels);
            state.Number(ref rounds);
            var question = NameAsk(state, ref ask);
            var task = TransferTask(state, call?.Task);
            if (call is not null)
                return call;

            if (link is not { Body: LinkBody.CallAdmitted admitted })
                throw StateTransfer.Malformed($"link {index} admits no call");
            if (isAnchored)
                _anchored.Add(admitted.Call);
            return ChainCall.Of(link, admitted) with { Labels = labels, Rounds = rounds, Ask = question, Task = task };
        },
        _calls.Add);

    private static void TransferLabels(StateTransfer state, ref ImmutableArray<string> labels)
    {
        var read = ImmutableArray.CreateBuilder<string>();
        state.Ordered(
            labels,
            static (state, label) =>
            {
                state.Text(ref label!);
                return label;
            },
            read.Add);
        if (state.IsLoading)
            labels = read.ToImmutable();
    }

    /// <summary>The question that a call waits at is not written but named.</summary>
    private static OpenAsk? NameAsk(StateTransfer state, ref long? version)
    {
        var isOpen = version is not null;
        state.Flag(ref isOpen);
        if (!isOpen)
            return null;
        var named = version ?? 0;
        return state.Name(ref named) switch
        {
            null => null,
            { Body: LinkBody.InputAsked question } => new OpenAsk(named, question),
            _ => throw StateTransfer.Malformed($"link {named} asks nothing"),
        };
    }

    /// <summary>The link that opened a task is named, and what was reported since is written.</summary>
    private static OpenTask? TransferTask(StateTransfer state, OpenTask? task)
    {
        var isOpen = task is not null;
        state.Flag(ref isOpen);
        if (!isOpen)
            return null;
        var (version, expires, message, reports) = (task?.Version ?? 0, task?.ExpiresAt ?? default, task?.Message, task?.Reports ?? 0);
        var link = state.Name(ref version);
        state.Time(ref expires);
        state.Text(ref message);
        state.Number(ref reports);
        return link switch
        {
            null => null,
            { Body: LinkBody.TaskOpened opened } => OpenTask.Of(link, opened) with { ExpiresAt = expires, Message = message, Reports = reports },
            _ => throw StateTransfer.Malformed($"link {version} opens no task"),
        };
    }

    /// <param name="id">A call that is pending.</param>
    public ChainCall Remove(CallId id, out bool isAnchored)
    {
        isAnchored = _anchored.Remove(id);
        var place = PlaceOf(id);
        var call = _calls[place];
        _calls.RemoveAt(place);
        return call;
    }

    private int PlaceOf(CallId id)
    {
        for (var place = 0; place < _calls.Count; place++)
            if (_calls[place].Id == id)
                return place;
        return -1;
    }
}
