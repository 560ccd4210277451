using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Missions;

/// <summary>A rule in one mission, with what it remembers.</summary>
/// <param name="since">Version of the link from which on the rule judges.</param>
internal sealed class RuleInForce(Rule rule, MissionFacts mission, CallReader calls, long since)
{
    public Rule Rule { get; } = rule;

    public long Since { get; } = since;

    public RuleMonitor Monitor { get; } = rule.Form.NewMonitor(rule, mission, calls);

    public RuleExpressionState? When { get; } = rule.When?.Expression.NewState(mission, calls);

    /// <returns>Why the rule denies the call, in the words of its author where there are some; null where it does not.</returns>
    public RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
    {
        if (When is { } when && !when.Is(true, call, pending))
            return Failed(when, call, pending);
        return Monitor.Judge(call, pending) is { } denial ? Named(denial) : null;
    }

    /// <param name="proposal">The pending call as it would be judged now.</param>
    /// <returns>Why the rule lets the agent's answer not go to the call's backend; null where it does not.</returns>
    public RuleDenial? JudgeInput(ChainCall call, ToolCall proposal, GivenInput given, IReadOnlyList<ChainCall> pending)
    {
        if (When is { } when && !when.Is(true, proposal, pending))
            return Failed(when, proposal, pending);
        return Monitor.JudgeInput(call, given) is { } denial ? Named(denial) : null;
    }

    /// <summary>Whether it takes in only the calls for which its `when` holds, so that <see cref="Counts"/> must be asked before <see cref="Admit"/>.</summary>
    public bool CountsSome => Monitor.RemembersJudged && When is not null;

    /// <summary>Whether it takes a call in. What cannot be evaluated counts: it must not make room.</summary>
    /// <param name="proposal">The call as it was judged.</param>
    /// <param name="pending">The calls that were pending then, without this one.</param>
    public bool Counts(ToolCall proposal, IReadOnlyList<ChainCall> pending) => When?.Is(false, proposal, pending) != true;

    public void Admit(ChainCall call)
    {
        // What was done before the rule was there obliges nobody.
        if (Monitor is ObligationMonitor && call.Index <= Since)
            return;
        Monitor.Admit(call);
    }

    public void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending)
    {
        state.Part(Rule.Id.Value);
        Monitor.Transfer(state, pending);
        When?.Transfer(state);
    }

    private RuleDenial? Failed(RuleExpressionState when, ToolCall call, IReadOnlyList<ChainCall> pending) =>
        when.Evaluate(call, pending).Error is { } error ? Named(RuleFault.Of(error)) : null;

    private RuleDenial Named(RuleDenial denial) => denial with
    {
        Denial = denial.Denial with
        {
            Rule = Rule.Id,
            Say = denial.KeepsWords || Rule.Say is null ? denial.Denial.Say : Rule.Say,
        },
    };
}
