using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>
/// `flow: { label: personal, to: external }`: once a result that carries the label was delivered, no call goes to a tool whose
/// arguments may end at that sink. The mission's memory is what carries the label: the agent has seen the data, so any argument may hold it.
/// </summary>
public sealed record Flow(string Label, string To) : RuleForm
{
    /// <summary>`unless: approved`: who may let a call pass all the same; null where nobody can.</summary>
    public ApprovalTerms? Unless { get; init; }

    public override string Key => "flow";

    public override string ToCel(Rule rule) =>
        $"!({CelText.Literal(To)} in call.sinks) || !chain.exists(l, {CelText.Literal(Label)} in l.labels)";

    internal override bool Concerns(ToolFacts tool) => tool.Sinks.Contains(To, StringComparer.Ordinal);

    internal override RuleMonitor NewMonitor(Rule rule, MissionFacts mission) => new Monitor(this);

    private sealed class Monitor(Flow form) : RuleMonitor
    {
        private readonly RecentLinks _links = new();
        private bool _isCarried;

        public override bool Notices(ToolFacts tool) => true;

        public override void Settle(ChainCall call)
        {
            if (!call.Labels.Contains(form.Label, StringComparer.Ordinal))
                return;
            _isCarried = true;
            _links.Add(call.Index);
        }

        public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending) => !_isCarried ? null : new RuleDenial(new Denial(
            ReasonCode.FlowForbidden,
            form.Unless is null
                ? $"This mission has read data labelled `{form.Label}`, so nothing may go to `{form.To}` any more; finish inside, without this call."
                : $"This mission has read data labelled `{form.Label}`, so a person must approve what goes to `{form.To}`.")
        {
            Because = _links.ToImmutable(),
        })
        { Asks = form.Unless };
    }
}
