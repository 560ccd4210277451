using System.Collections.Immutable;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>
/// `flow: { label: personal, to: external }`: once a result that carries the label, or one that is more restricted, was delivered, no call
/// goes to a tool whose arguments may end at that sink. `flow: { from: untrusted, to: "effect:destructive" }` says the same of integrity: what
/// such data may have influenced. The mission's memory is what carries a label: the agent has seen the data, so any argument may hold it.
/// </summary>
/// <param name="IsIntegrity">Whether the label was written as `from`.</param>
/// <param name="Tools">The tools that `to` selects, where it names no sink.</param>
public sealed record Flow(string Label, bool IsIntegrity, string To, Placed<ToolSelector>? Tools) : RuleForm
{
    /// <summary>The label and those that are more restricted, by the labels' order in force.</summary>
    public ImmutableArray<string> Barred { get; init; } = [Label];

    /// <summary>What clears labels, by the document that the rule stands in: a layer below cannot loosen a rule.</summary>
    public ImmutableArray<Declassifier> ClearedBy { get; init; } = [];

    /// <summary>`unless: approved`: who may let a call pass all the same; null where nobody can.</summary>
    public ApprovalTerms? Unless { get; init; }

    public override string Key => "flow";

    internal override ImmutableArray<Placed<ToolSelector>> ToolsNamed =>
        [.. Tools is null ? [] : new[] { Tools }, .. ClearedBy.SelectMany(declassifier => declassifier.By)];

    public override string? ToCel(Rule rule)
    {
        if (!ClearedBy.IsEmpty)
            return null; // A question inside a question to the chain.
        var meets = Tools is null ? $"{CelText.Literal(To)} in call.sinks" : Selectors.ToCel([Tools], "call");
        var carries = string.Join(" || ", Barred.Select(label => $"{CelText.Literal(label)} in l.labels"));
        return $"!({meets}) || !chain.exists(l, {carries})";
    }

    internal Flow Under(LabelOrder order) => this with { Barred = order.AtLeast(Label) };

    internal override bool Concerns(ToolFacts tool) => Tools is null ? tool.Sinks.Contains(To, StringComparer.Ordinal) : Tools.Value.Selects(tool);

    internal override RuleMonitor NewMonitor(Rule rule, MissionFacts mission, CallReader calls) => new Monitor(this);

    private sealed class Monitor(Flow form) : RuleMonitor
    {
        private readonly SortedDictionary<string, Carried> _carried = new(StringComparer.Ordinal);
        private readonly Dictionary<CallId, long> _clearing = [];
        private long _deliveries;

        public override bool Notices(ToolFacts tool) => true;

        public override void Admit(ChainCall call)
        {
            // What is delivered while the declassifier runs is nothing that it was given.
            foreach (var declassifier in form.ClearedBy)
                if (Selectors.Any(declassifier.By, call.Tool))
                    _clearing[call.Id] = _deliveries;
        }

        public override void Settle(ChainCall call)
        {
            if (_clearing.Remove(call.Id, out var deliveredBefore) && call.Outcome == CallOutcome.Ok)
                foreach (var declassifier in form.ClearedBy)
                    if (Selectors.Any(declassifier.By, call.Tool) && _carried.TryGetValue(declassifier.Label, out var cleared) && cleared.Delivery <= deliveredBefore)
                        _carried.Remove(declassifier.Label);

            Hear(call, call.Labels);
        }

        public override void Hear(ChainCall call, ImmutableArray<string> labels)
        {
            foreach (var label in labels)
            {
                if (!form.Barred.Contains(label, StringComparer.Ordinal))
                    continue;
                if (!_carried.TryGetValue(label, out var carried))
                    _carried.Add(label, carried = new Carried { Only = call.Index });
                carried.Add(call.Index, ++_deliveries);
            }
        }

        // What the call's own backend just said goes back to where it came from.
        public override RuleDenial? JudgeInput(ChainCall call, GivenInput given)
        {
            var met = _carried.Where(entry => entry.Value.Only != call.Index).Select(entry => entry.Key);
            var barred = met.Union(given.Labels.Intersect(form.Barred, StringComparer.Ordinal), StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            return barred.Count == 0 ? null : new RuleDenial(new Denial(
                ReasonCode.FlowForbidden,
                $"The answer may carry data labelled {Words(barred)}, so it cannot go to `{form.To}`, and the call was given up; finish inside, without this call.")
            {
                Because = Because(barred, call.Index),
            });
        }

        public override void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending)
        {
            state.Ordered(
                _carried,
                static (state, entry) =>
                {
                    var label = entry.Key;
                    state.Text(ref label!);
                    var carried = entry.Value ?? new Carried();
                    carried.Links.Transfer(state);
                    var delivery = carried.Delivery;
                    state.Number(ref delivery);
                    carried.Delivery = delivery;
                    var only = carried.Only;
                    state.Number(ref only);
                    carried.Only = only;
                    return KeyValuePair.Create(label, carried);
                },
                entry => _carried.Add(entry.Key, entry.Value));
            foreach (var call in pending)
            {
                long? deliveries = _clearing.TryGetValue(call.Id, out var before) ? before : null;
                state.Number(ref deliveries);
                if (state.IsLoading && deliveries is { } found)
                    _clearing.Add(call.Id, found);
            }

            state.Number(ref _deliveries);
        }

        // A call whose values are known to come from elsewhere could be told apart here: by the labels of its values instead of the mission's.
        public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
        {
            if (_carried.Count == 0)
                return null;

            var labels = Words(_carried.Keys);
            return new RuleDenial(new Denial(
                ReasonCode.FlowForbidden,
                form.Unless is not null
                    ? $"This mission has read data labelled {labels}, so a person must approve a call that goes to `{form.To}`."
                    : form.Tools is null
                    ? $"This mission has read data labelled {labels}, so nothing may go to `{form.To}` any more; finish inside, without this call."
                    : $"This mission has read data labelled {labels}, which must not influence a call of `{form.To}`; finish without this call.")
            {
                Because = Because(_carried.Keys, none: 0),
                AllowedNext = [.. form.ClearedBy.Where(declassifier => _carried.ContainsKey(declassifier.Label)).SelectMany(declassifier => Selectors.Names(declassifier.By)).Distinct(StringComparer.Ordinal)],
            })
            { Asks = form.Unless };
        }

        private static string Words(IEnumerable<string> labels) => string.Join(" and ", labels.Select(label => $"`{label}`"));

        /// <param name="none">A link that is left out; 0 for none.</param>
        private ImmutableArray<long> Because(IEnumerable<string> labels, long none) =>
        [
            .. labels.SelectMany(label => _carried.TryGetValue(label, out var carried) ? carried.Links.ToImmutable() : [])
                .Where(link => link != none).Distinct().Order().TakeLast(MissionBounds.BecauseMax),
        ];
    }

    /// <summary>Where a label came from.</summary>
    private sealed class Carried
    {
        public RecentLinks Links { get; } = new();

        /// <summary>Which delivery brought it last.</summary>
        public long Delivery { get; set; }

        /// <summary>The one call that brought it so far; 0 once there were several.</summary>
        public long Only { get; set; }

        public void Add(long link, long delivery)
        {
            if (Only != link)
                Only = 0;
            Links.Add(link);
            Delivery = delivery;
        }
    }
}
