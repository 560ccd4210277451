using System.Collections.Immutable;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>
/// `require: CEL` denies a call for which the expression is false; `forbid: CEL` one for which it is true. An expression that
/// cannot be evaluated for a call denies it.
/// </summary>
public sealed record Condition(RuleCondition Expression, bool IsForbidden) : RuleForm
{
    public override string Key => IsForbidden ? "forbid" : "require";

    internal override ImmutableArray<RuleCondition> Conditions => [Expression];

    public override string ToCel(Rule rule) => IsForbidden ? $"!({Expression.Source})" : Expression.Source;

    internal override RuleMonitor NewMonitor(Rule rule, MissionFacts mission, CallReader calls) => new Monitor(this, Expression.Expression.NewState(mission, calls));

    private sealed class Monitor(Condition form, RuleExpressionState expression) : RuleMonitor
    {
        public override bool Notices(ToolFacts tool) => expression.RemembersCalls;

        public override void Settle(ChainCall call) => expression.Settle(call);

        public override void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending) => expression.Transfer(state);

        public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
        {
            // Why the answer is what it is matters only where it denies.
            if (expression.Is(!form.IsForbidden, call, pending))
                return null;
            var answer = expression.Evaluate(call, pending);
            if (answer.Error is { } error)
                return RuleFault.Of(error);

            return new RuleDenial(new Denial(
                form.IsForbidden ? ReasonCode.Forbidden : ReasonCode.RequirementNotMet,
                form.IsForbidden
                    ? "A rule of this mission forbids this call as things stand; continue without it."
                    : "A rule of this mission asks for something that this call does not meet; change the call, or continue without it.")
            {
                Because = answer.Because.IsDefault ? [] : answer.Because,
            });
        }
    }
}

/// <summary>The denial for a rule that could not be evaluated. What went wrong stays in the log.</summary>
internal static class RuleFault
{
    public static RuleDenial Of(string fault) => new(new Denial(
        ReasonCode.RuleFailed,
        "A rule of this mission could not be evaluated for this call, so it was not forwarded; continue without it, or tell the mission's owner."))
    {
        KeepsWords = true,
        Fault = fault,
    };
}
