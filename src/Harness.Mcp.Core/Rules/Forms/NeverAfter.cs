using System.Collections.Immutable;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>
/// `never-after: { tools: […], same: […] }`: the chain has no earlier call of one of the tools with equal arguments `same`. An
/// earlier call counts from its admission, however it ended; one that lacks an argument of `same` may have touched anything, so it counts against every value.
/// </summary>
public sealed record NeverAfter(ImmutableArray<Placed<ToolSelector>> Tools, ImmutableArray<FieldPath> Same) : RuleForm
{
    public override string Key => "never-after";

    internal override ImmutableArray<FieldPath> ArgumentsRead => Same;

    internal override ImmutableArray<Placed<ToolSelector>> ToolsNamed => Tools;

    public override string ToCel(Rule rule)
    {
        var tools = Selectors.ToCel(Tools);
        if (Same.IsEmpty)
            return $"!chain.exists(l, {tools})";
        var lacks = string.Join(" || ", Same.Select(path => $"!has({CelText.Argument("l", path)})"));
        var same = string.Join(" && ", Same.Select(path =>
            $"has({CelText.Argument("l", path)}) && {CelText.Argument("l", path)} == {CelText.Argument("call", path)}"));
        return Guarded(rule, $"!chain.exists(l, {tools} && {same}) && !chain.exists(l, {tools} && ({lacks}))");
    }

    internal override RuleMonitor NewMonitor(Rule rule, MissionFacts mission, CallReader calls) => new Monitor(rule, this, calls.KeyOf(Same), calls.Memory);

    private sealed class Monitor(Rule rule, NeverAfter form, CallKey keyOf, RuleMemory memory) : RuleMonitor
    {
        private readonly KeyMap<long> _latest = new(memory);
        private long? _latestWithoutKey;
        private bool _isExhausted;

        public override bool Notices(ToolFacts tool) => Selectors.Any(form.Tools, tool);

        public override void Admit(ChainCall call)
        {
            var key = keyOf.Keep(call, out var hasKey);
            if (!hasKey)
                _latestWithoutKey = call.Index;
            else
                _isExhausted |= !_latest.TrySet(key, call.Index);
        }

        public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
        {
            var key = keyOf.Find(call, out var missing);
            if (missing is not null)
                return Lacking(rule, missing);

            if (_latest.TryGet(key, out var version))
                return Forbidden(version);
            if (_latestWithoutKey is { } withoutKey)
                return Forbidden(withoutKey);
            return _isExhausted ? Exhausted() : null;
        }

        public override void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending)
        {
            _latest.Transfer(state, ChainMark.TransferVersion);
            state.Number(ref _latestWithoutKey);
            state.Flag(ref _isExhausted);
        }

        private RuleDenial Forbidden(long version)
        {
            var same = form.Same.IsEmpty ? "" : $" for the same {string.Join(" and ", form.Same.Select(path => $"`{path}`"))}";
            return new RuleDenial(new Denial(
                ReasonCode.ForbiddenAfter,
                $"This mission has already called {Selectors.Words(form.Tools)}{same}, after which this call is not allowed; continue without it.")
            {
                Argument = form.Same.IsEmpty ? null : form.Same[0].Text,
                Because = [version],
            });
        }
    }
}
