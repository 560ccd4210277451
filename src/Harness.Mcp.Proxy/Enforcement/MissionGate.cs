using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Proxy.Telemetry;
using Harness.Mcp.Store;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>
/// The one writer of a mission in this process. It holds the mission's state, lets proposals decide on it in order, and records what
/// they decided. Proposals that wait together share one append. Another process may write too: the store then reports a conflict,
/// the gate folds the other's links in, and every proposal of the batch decides again.
/// </summary>
internal sealed class MissionGate(MissionId mission, IChainStore store, ILogger<MissionGate> logger)
{
    /// <summary>Appends tried for one batch before its proposals are refused as contended.</summary>
    private const int AttemptsMax = 8;

    /// <summary>Proposals that share one append at most.</summary>
    private const int BatchMax = 64;

    private readonly Lock _lock = new();
    private readonly Queue<Proposal> _waiting = new();
    private readonly HashSet<CallId> _inFlight = [];
    private bool _isDraining;
    private volatile bool _owes;
    private volatile bool _waits;

    // Owned by the drain: only one runs at a time.
    private readonly List<Proposal> _batch = [];
    private readonly List<SealedLink> _links = [];
    private readonly MissionFold _fold = new(mission, store, logger);
    private FoldedMission? _folded;

    /// <summary>When the gate last had work, in <see cref="Environment.TickCount64"/>; an idle gate may be dropped and made anew.</summary>
    public long LastUsed { get; private set; } = Environment.TickCount64;

    /// <summary>Whether the mission has obligations, as far as this gate has seen. Such a gate is kept: nobody else would think of them.</summary>
    public bool Owes => _owes;

    /// <summary>Whether calls of the mission wait for tasks, as far as this gate has seen. Such a gate is kept for the same reason.</summary>
    public bool Waits => _waits;

    public bool IsIdle
    {
        get
        {
            lock (_lock)
                return !_isDraining && !_owes && !_waits && _inFlight.Count == 0;
        }
    }

    /// <summary>Lets <paramref name="decide"/> look at the state at its latest version and records the link it returns.</summary>
    /// <param name="decide">
    /// Pure but for what it captures: it runs again with a newer state when another link came first, and the last link it returned is
    /// the one that was recorded. It must not throw. Null records nothing.
    /// </param>
    public ValueTask<GateAnswer> RecordAsync(Func<MissionState, DateTimeOffset, LinkBody?> decide, CancellationToken cancellationToken) =>
        RecordAsync(decide, static (decide, state, time) => decide(state, time), cancellationToken);

    /// <inheritdoc cref="RecordAsync(Func{MissionState, DateTimeOffset, LinkBody?}, CancellationToken)"/>
    /// <param name="of">What <paramref name="decide"/> is given, so that it need not capture it.</param>
    public ValueTask<GateAnswer> RecordAsync<T>(T of, Func<T, MissionState, DateTimeOffset, LinkBody?> decide, CancellationToken cancellationToken) =>
        Enqueue(new Proposal<T>(of, decide, isLook: false, cancellationToken));

    /// <summary>Lets <paramref name="look"/> read the state after catching up with other writers; it must not keep the state.</summary>
    public ValueTask<GateAnswer> LookAsync(Action<MissionState, DateTimeOffset> look, CancellationToken cancellationToken) =>
        Enqueue(new Proposal<Action<MissionState, DateTimeOffset>>(
            look,
            static (look, state, time) =>
            {
                look(state, time);
                return null;
            },
            isLook: true,
            cancellationToken));

    /// <summary>
    /// Says that this process no longer works on an admitted call. If the call has not settled by then, nobody ever will: the gate
    /// settles it as unknown before it lets anything else decide.
    /// </summary>
    public void Forget(CallId call)
    {
        lock (_lock)
            _inFlight.Remove(call);
    }

    private ValueTask<GateAnswer> Enqueue(Proposal proposal)
    {
        bool isFirst;
        lock (_lock)
        {
            LastUsed = Environment.TickCount64;
            _waiting.Enqueue(proposal);
            isFirst = !_isDraining;
            _isDraining = true;
        }

        if (isFirst)
            _ = DrainAsync();
        return proposal.AnswerAsync();
    }

    private async Task DrainAsync()
    {
        var batch = _batch;
        var isDone = !TryTake(batch);
        while (!isDone)
        {
            GateAnswer? failure;
            try
            {
                failure = await RecordBatchAsync(batch);
            }
            catch (Exception bug)
            {
                // Whatever went wrong, the state is no longer known to be right: it is rebuilt from the chain before the next decision.
                _folded = null;
                failure = new GateAnswer.Failed(bug);
            }

            if (failure is not null)
                foreach (var proposal in batch)
                    proposal.End(failure);

            var only = batch.Count == 1 ? batch[0] : null;
            if (only is null)
                foreach (var proposal in batch)
                    proposal.Tell(isInPlace: false);

            // Where nobody waits, the drain is over before the caller goes on, who then needs no other thread.
            batch.Clear();
            isDone = !TryTake(batch);
            only?.Tell(isInPlace: isDone);
        }
    }

    /// <returns>False where nobody waits: then the drain is over.</returns>
    private bool TryTake(List<Proposal> batch)
    {
        lock (_lock)
        {
            while (batch.Count < BatchMax && _waiting.TryDequeue(out var proposal))
                batch.Add(proposal);
            return _isDraining = batch.Count > 0;
        }
    }

    /// <returns>Null where every proposal got its end; else the end they all share.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GateAnswer?> RecordBatchAsync(List<Proposal> batch)
    {
        var isCurrent = false;
        if (_folded is { State.NeedsRefold: true })
            _folded = null; // Rules were added, which must remember the chain from its start.
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            // A batch that only looks writes nothing that could conflict, so it catches up first.
            if (_folded is null || attempt > 0 || batch.Exists(static proposal => proposal.IsLook))
            {
                (_folded, var unavailable) = await _fold.CatchUpAsync(_folded);
                if (unavailable is not null)
                    return unavailable;
                isCurrent = true;
            }

            var links = Decide(batch, _folded!, out var isDirty);
            if (links.IsEmpty)
            {
                // Without an append nothing tells that the state is old, and what was decided on it might no longer be so.
                if (!isCurrent)
                    continue;
                Answer(batch);
                return null;
            }

            // INVARIANT: nothing is answered before its link is durable. Cancellation does not reach the append: its fate would be unknown.
            var result = await store.AppendAsync(mission, links[0].Link.Version - 1, links, CancellationToken.None);
            switch (result)
            {
                case AppendResult.Appended:
                    if (!isDirty)
                        _folded!.State.Apply(links[^1].Link);
                    _folded!.MoveOn(links);
                    foreach (var link in links)
                        Log.LinkRecorded(logger, link.Link.Version, mission.Value, link.Link.Body.GetType().Name, link.Digest.Value);
                    Answer(batch);
                    _fold.Keep(_folded);
                    GiveBack(links);
                    return null;

                case AppendResult.VersionConflict:
                    GiveBack(links);
                    if (isDirty)
                        _folded = null;
                    continue;

                case AppendResult.Unavailable lost:
                    // The store may still read these links, so their bytes are not given back.
                    _folded = null;
                    return new GateAnswer.Unavailable(lost.Why);

                default:
                    throw new System.Diagnostics.UnreachableException($"No branch for {result.GetType().Name}.");
            }
        }

        return new GateAnswer.Contended();
    }

    /// <summary>
    /// Lets the proposals decide one after the other, each on what those before it decided. The state is changed only when a further link
    /// follows (<paramref name="isDirty"/>): a single link is applied after its append, so that losing the race costs one small read.
    /// </summary>
    private ImmutableArray<SealedLink> Decide(List<Proposal> batch, FoldedMission folded, out bool isDirty)
    {
        var links = _links;
        links.Clear();
        var (state, head, trace) = (folded.State, folded.Head, folded.LastTrace);
        var time = Later(store.Now, state.Time);
        var applied = 0;

        foreach (var proposal in batch)
            proposal.Link = null;

        foreach (var (orphan, why) in Orphans(state, time))
            Seal(new LinkBody.CallSettled(orphan, CallOutcome.Unknown, null, null, [], why));

        ApplyPrevious();
        if (state.StatusAt(time) == MissionStatus.Active && state.SuspensionAfter(null) is { } due)
            Seal(due);

        foreach (var proposal in batch)
        {
            if (proposal.IsCancelled)
                continue;

            ApplyPrevious();
            var body = proposal.Decide(state, time);
            if (body is null)
                continue;

            Seal(body);
            proposal.Link = links[^1];
            proposal.PreviousTrace = trace;
            trace = FoldedMission.TraceOf(body) ?? trace;

            // One refusal too many: the stop is on the chain in the same append.
            if (state.StatusAt(time) == MissionStatus.Active && state.SuspensionAfter(body) is { } suspension)
                Seal(suspension);
        }

        isDirty = applied > 0 && links.Count > 0;
        if (isDirty)
            ApplyPrevious();
        return [.. links];

        void Seal(LinkBody body)
        {
            ApplyPrevious();
            var sealedLink = LinkCodec.SealRented(new Link(mission, state.Version + 1, time, head, body));
            head = sealedLink.Digest;
            links.Add(sealedLink);
        }

        void ApplyPrevious()
        {
            if (applied == links.Count)
                return;
            state.Apply(links[^1].Link);
            applied = links.Count;
        }
    }

    private static void GiveBack(ImmutableArray<SealedLink> links)
    {
        foreach (var link in links)
            link.GiveBack();
    }

    private void Answer(List<Proposal> batch)
    {
        _owes = _folded!.State.HasObligations;
        _waits = _folded.State.HasOpenTasks;
        foreach (var proposal in batch)
        {
            if (proposal.IsCancelled && proposal.Link is null)
                continue;

            if (proposal.Link is { } link)
            {
                var worked = link.Link.Body switch
                {
                    LinkBody.CallAdmitted admitted => admitted.Call,
                    LinkBody.InputGiven given => given.Call,
                    _ => (CallId?)null,
                };
                if (worked is { } call)
                    lock (_lock)
                        _inFlight.Add(call);
            }

            proposal.End(new GateAnswer.Recorded(proposal.Link, proposal.PreviousTrace));
        }
    }

    /// <summary>How long after its time a task is left to whoever looks after it, so that its backend is told.</summary>
    private static readonly TimeSpan TaskGrace = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Pending calls that nobody works on. One that waits for a task does so on the chain alone, until the task expires. One whose agent was asked likewise, until its
    /// question expires, unless its backend waited in a process that is gone.
    /// </summary>
    private ImmutableArray<(CallId Call, string Why)> Orphans(MissionState state, DateTimeOffset time)
    {
        var pending = state.PendingInPlace;
        if (pending.IsEmpty)
            return [];
        ImmutableArray<(CallId, string)> found = [];
        lock (_lock)
            foreach (var call in pending)
                if (!_inFlight.Contains(call.Id) && !Waits(call))
                    found = found.Add((call.Id, Why(call)));
        return found;

        bool Waits(ChainCall call) => call.Task is { } task
            ? !task.HasExpired(time - TaskGrace)
            : call.Ask is { Question.IsHeld: false } ask && !ask.HasExpired(time);

        static string Why(ChainCall call) => call.Task is not null ? "The task's time was over before it ended."
            : call.Ask is { Question.IsHeld: false }
            ? "The agent did not answer in time what the tool asked."
            : "The proxy stopped, or lost its store, before this call's outcome was recorded.";
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
