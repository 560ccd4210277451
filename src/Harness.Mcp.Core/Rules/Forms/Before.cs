using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>
/// `before: { tools: […], same: […], within: 10m }`: the chain has an earlier call of one of the tools that ended well, with equal
/// arguments `same`, admitted at most `within` before this call. A call that is still running has not ended well. With `not-since: […]`,
/// none of those tools was called after it with equal arguments: an elevation counts until it is revoked. Such a call counts from its
/// admission, however it ended, and one that lacks an argument of `same` against every value.
/// </summary>
public sealed record Before(
    ImmutableArray<Placed<ToolSelector>> Tools, ImmutableArray<FieldPath> Same, TimeSpan? Within) : RuleForm
{
    /// <summary>The tools that undo what <see cref="Tools"/> did; empty for none.</summary>
    public ImmutableArray<Placed<ToolSelector>> NotSince { get; init; } = [];

    public override string Key => "before";

    internal override ImmutableArray<FieldPath> ArgumentsRead => Same;

    internal override ImmutableArray<Placed<ToolSelector>> ToolsNamed => Tools.AddRange(NotSince);

    public override string? ToCel(Rule rule)
    {
        if (!NotSince.IsEmpty)
            return null; // A question inside a question to the chain.
        var same = string.Concat(Same.Select(path =>
            $" && has({CelText.Argument("l", path)}) && {CelText.Argument("l", path)} == {CelText.Argument("call", path)}"));
        var within = Within is { } span ? $" && now - l.time <= {CelText.Duration(span)}" : "";
        return Guarded(rule, $"chain.exists(l, {Selectors.ToCel(Tools)} && l.outcome == \"ok\"{same}{within})");
    }

    internal override RuleMonitor NewMonitor(Rule rule, MissionFacts mission, CallReader calls) => new Monitor(rule, this, calls.KeyOf(Same), calls.Memory);

    private sealed class Monitor(Rule rule, Before form, CallKey keyOf, RuleMemory memory) : RuleMonitor
    {
        private readonly KeyMap<ChainMark> _latest = new(memory);
        private readonly KeyMap<long> _undone = new(memory);
        private readonly long _withinTicks = form.Within?.Ticks ?? long.MaxValue;
        private long _allUndone;
        private bool _isExhausted;

        public override bool Notices(ToolFacts tool) => Selectors.Any(form.Tools, tool) || Selectors.Any(form.NotSince, tool);

        public override void Admit(ChainCall call)
        {
            if (!Selectors.Any(form.NotSince, call.Tool))
                return;
            if (!_undone.TrySet(keyOf.Keep(call, out _), call.Index))
                _allUndone = call.Index; // Nobody can tell what it undid, or there is no room to remember it.
        }

        public override void Settle(ChainCall call)
        {
            if (!Selectors.Any(form.Tools, call.Tool))
                return;
            if (call.Outcome != CallOutcome.Ok)
                return;
            var key = keyOf.Keep(call, out var hasKey);
            if (!hasKey)
                return;

            // Calls may settle in another order than they were admitted: the latest admission is what counts.
            if (!_latest.TryGet(key, out var known) || known.Version < call.Index)
                _isExhausted |= !_latest.TrySet(key, new ChainMark(call.Index, call.Time.UtcTicks));
        }

        public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
        {
            var key = keyOf.Find(call, out var missing);
            if (missing is not null)
                return Lacking(rule, missing);

            if (!_latest.TryGet(key, out var mark))
                return _isExhausted ? Exhausted() : Unmet("First call", []);
            if (Undone(key) is var undone && undone > mark.Version)
                return Unmet($"Since {Selectors.Words(form.NotSince)} was called, call again", [mark.Version, undone]);
            return call.Time.UtcTicks - mark.Ticks > _withinTicks ? Unmet("Call again", [mark.Version]) : null;
        }

        public override void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending)
        {
            _latest.Transfer(state, static (state, mark) => mark.Transferred(state));
            _undone.Transfer(state, ChainMark.TransferVersion);
            state.Number(ref _allUndone);
            state.Flag(ref _isExhausted);
        }

        private long Undone(int key) => !_undone.IsEmpty && _undone.TryGet(key, out var version) ? Math.Max(_allUndone, version) : _allUndone;

        private RuleDenial Unmet(string start, ImmutableArray<long> because)
        {
            var same = form.Same.IsEmpty ? "" : $" with the same {string.Join(" and ", form.Same.Select(path => $"`{path}`"))}";
            var within = form.Within is { } span ? $" (at most {DurationText.Write(span)} before)" : "";
            return new RuleDenial(new Denial(
                ReasonCode.HistoryNotSatisfied, $"{start} {Selectors.Words(form.Tools)}{same}{within}, then repeat this call.")
            {
                Argument = form.Same.IsEmpty ? null : form.Same[0].Text,
                Because = because,
                AllowedNext = Selectors.Names(form.Tools),
            });
        }
    }
}

/// <summary>Where and when something happened in a chain.</summary>
internal readonly record struct ChainMark(long Version, long Ticks)
{
    public static long TransferVersion(StateTransfer state, long version)
    {
        state.Number(ref version);
        return version;
    }

    public ChainMark Transferred(StateTransfer state)
    {
        var (version, ticks) = this;
        state.Number(ref version);
        state.Number(ref ticks);
        return new ChainMark(version, ticks);
    }
}
