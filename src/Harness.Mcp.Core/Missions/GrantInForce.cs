using System.Collections.Immutable;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Rules.Reading;

namespace Harness.Mcp.Core.Missions;

/// <summary>A grant in one mission, with what its condition remembers.</summary>
internal sealed class GrantInForce(Grant grant, MissionFacts mission, AnchorSets anchors, CallReader calls)
{
    private readonly AnchoredAtoms[] _anchored =
        [.. grant.Anchored.Select(anchored => new AnchoredAtoms(anchored, calls.AtomsOf(anchored.Path), anchors[anchored.Anchor]))];

    public Grant Grant { get; } = grant;

    public RuleExpressionState? When { get; } = grant.When?.Expression.NewState(mission, calls);

    public RuleExpressionState? AsksWhen { get; } = grant.Approval?.When?.Expression.NewState(mission, calls);

    /// <returns>What this grant asks of people before a call that it accepts may pass; a denial where that cannot be told; null where it asks nothing.</returns>
    public RuleDenial? Ask(ToolCall call, IReadOnlyList<ChainCall> pending)
    {
        if (Grant.Approval is not { } approval)
            return null;

        var because = ImmutableArray<long>.Empty;
        if (AsksWhen is { } when)
        {
            var answer = when.Evaluate(call, pending);
            if (answer.Error is { } error)
            {
                var fault = RuleFault.Of(error);
                return fault with { Denial = fault.Denial with { Rule = Grant.Id } };
            }

            if (!answer.Value)
                return null;
            because = answer.Because.IsDefault ? [] : answer.Because;
        }

        return new RuleDenial(new Denial(ReasonCode.ApprovalRequired, $"A person must approve this call of `{call.Tool.Id}` first.")
        {
            Rule = Grant.Id,
            Because = because,
        })
        { Asks = approval.Terms };
    }

    /// <returns>Why this grant does not accept the call, or null where it does.</returns>
    public GrantRefusal? Refuse(ToolCall call, bool isUnanchored, MissionState state, IReadOnlyList<ChainCall> pending)
    {
        if (When is { } when && !when.Is(true, call, pending))
        {
            var answer = when.Evaluate(call, pending);
            if (answer.Error is { } error)
                return new GrantRefusal(0, RuleFault.Of(error));
            return Refused(1, new Denial(
                ReasonCode.ArgumentsNotGranted,
                "This tool is granted only under a condition that the call does not meet; change its arguments, or continue without it.")
            {
                Because = answer.Because.IsDefault ? [] : answer.Because,
            });
        }

        foreach (var narrowed in Grant.Arguments)
            if (call.Arguments.TryGetProperty(narrowed.Name, out var value) && narrowed.Schema.Validate(value) is [var violation, ..])
                return Refused(2, new Denial(
                    ReasonCode.ArgumentsNotGranted,
                    $"`{narrowed.Name}` is outside of what this mission grants (`{violation.Keyword}`); change it and repeat this call.")
                {
                    Argument = narrowed.Name + violation.InstancePath.Replace('/', '.'),
                });

        if (RefuseUnanchored(call, isUnanchored, state) is { } unanchored)
            return unanchored;
        if (state.Provenance is not { } provenance)
            return null;
        if (ProvenanceCheck.RefuseUnbound(Grant, call, state.Template.Grounding, provenance) is { } unbound)
            return Refused(4, unbound);
        return ProvenanceCheck.RefuseUngrounded(Grant, call, state.Template.Grounding, provenance) is { } ungrounded ? Refused(5, ungrounded) : null;
    }

    private GrantRefusal? RefuseUnanchored(ToolCall call, bool isUnanchored, MissionState state)
    {
        if (Grant.Anchored.IsEmpty)
            return null;

        var isCarried = false;
        foreach (var (anchored, atoms, set) in _anchored)
        {
            if (!atoms.TryFind(call, out var values) || !set.ContainsAll(values))
                return Refused(3, OutsideAnchor(anchored, set, state));
            isCarried |= !values.IsEmpty;
        }

        if (isCarried || isUnanchored)
            return null;
        var names = string.Join(" or ", Grant.Anchored.Select(anchored => $"`{anchored.Path}`"));
        return Refused(3, new Denial(
            ReasonCode.NotAnchored, $"Name {names} in the call: this mission may use the tool only for what the mission is about.")
        {
            Argument = Grant.Anchored[0].Path.Text,
        });
    }

    /// <summary>
    /// Whether an admitted call names things of the mission: at least one anchored argument is there, and every atom of those that are
    /// there is in its set.
    /// </summary>
    public bool Covers(ChainCall call)
    {
        var isCarried = false;
        foreach (var (_, atoms, set) in _anchored)
        {
            if (!atoms.TryFind(call, out var values) || !set.ContainsAll(values))
                return false;
            isCarried |= !values.IsEmpty;
        }

        return isCarried;
    }

    private static Denial OutsideAnchor(AnchoredArgument anchored, AnchorSet set, MissionState state)
    {
        if (set.IsExhausted)
            return new Denial(
                ReasonCode.StateExhausted,
                $"This mission has met more values for `{anchored.Path}` than it can keep account of; use one that it met earlier, or ask for a new mission.")
            { Argument = anchored.Path.Text };

        var sources = state.SourcesOf(anchored.Anchor);
        var say = sources.IsEmpty
            ? $"`{anchored.Path}` must be what this mission was opened for; use that value, or continue without this call."
            : $"`{anchored.Path}` must be one this mission is about; look it up with {string.Join(" or ", sources.Select(tool => $"`{tool}`"))} first and use what that returns.";
        return new Denial(ReasonCode.NotAnchored, say) { Argument = anchored.Path.Text, AllowedNext = sources };
    }

    private sealed record AnchoredAtoms(AnchoredArgument Argument, CallAtoms Atoms, AnchorSet Set);

    private static GrantRefusal Refused(int progress, Denial denial) => new(progress, new RuleDenial(denial) { KeepsWords = true });
}

/// <summary>Why a grant did not accept a call, and how far the call got: the one that got furthest is the most help.</summary>
internal readonly record struct GrantRefusal(int Progress, RuleDenial Denial);
