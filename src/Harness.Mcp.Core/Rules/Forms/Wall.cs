using System.Collections.Immutable;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>
/// `wall: { by: call.args.client }`: the first judged call that carries the argument chooses its value, and closes every other
/// value for the rest of the mission. Lists count item by item, so a call that names two values at once is denied. The choice is made at admission, however the call ends.
/// </summary>
public sealed record Wall(FieldPath By) : RuleForm
{
    public override string Key => "wall";

    internal override ImmutableArray<FieldPath> ArgumentsRead => [By];

    public override string ToCel(Rule rule)
    {
        var (earlier, now) = (CelText.Argument("l", By), CelText.Argument("call", By));
        return Guarded(rule, $"!chain.exists(l, {rule.OnToCel()} && has({earlier}) && {earlier} != {now})");
    }

    internal override RuleMonitor NewMonitor(Rule rule, MissionFacts mission, CallReader calls) => new Monitor(rule, this, calls.AtomsOf(By));

    private sealed class Monitor(Rule rule, Wall form, CallAtoms by) : RuleMonitor
    {
        private int? _chosen;
        private long _version;

        public override bool Notices(ToolFacts tool) => rule.IsOn(tool);

        public override bool RemembersJudged => true;

        public override void Admit(ChainCall call)
        {
            if (_chosen is not null || !by.TryKeep(call, out var atoms) || atoms.IsEmpty)
                return;
            _chosen = atoms[0];
            _version = call.Index;
        }

        public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
        {
            if (!by.TryFind(call, out var atoms))
                return Closed();
            if (atoms.IsEmpty)
                return Lacking(rule, form.By);
            if (_chosen == KeyTable.Unknown)
                return Exhausted(); // The value that was chosen found no room, so nobody can tell whether this is it.

            var only = _chosen ?? atoms[0];
            return atoms.ContainsAnyExcept(only) ? Closed() : null;
        }

        public override void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending)
        {
            long? chosen = _chosen;
            state.Number(ref chosen);
            state.Number(ref _version);
            _chosen = (int?)chosen;
        }

        private RuleDenial Closed() => new(new Denial(
            ReasonCode.WallClosed,
            _chosen is null
                ? $"Name one `{form.By}` alone: this mission may touch only one."
                : $"This mission already works on another `{form.By}`, which closes all others; keep to that one.")
        {
            Argument = form.By.Text,
            Because = _chosen is null ? [] : [_version],
        });
    }
}
