using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tests.Rules;

namespace Harness.Mcp.Core.Tests.Reference;

/// <summary>Grants and anchors by the letter of the documentation: the anchors' sets are worked out anew for every question.</summary>
internal sealed class ReferenceGrants(MissionTemplate template, JsonElement inputs, ReferenceChain chain)
{
    private readonly ReferenceOrigins _provenance = new(template, chain);

    /// <param name="asking">The grant that asks people before the call may pass; null for none.</param>
    /// <returns>Why no grant accepts the call, with the grant; null where one does.</returns>
    public (ReasonCode Reason, string? Rule)? Refuse(ToolCall call, out string? asking)
    {
        asking = null;
        var granting = template.Grants.Where(grant => grant.Selects(call.Tool)).ToList();
        if (granting.Count == 0)
            return (ReasonCode.ToolNotGranted, null);
        var refusals = granting.Select(grant => (Grant: grant, Refusal: Refuse(grant, call))).ToList();
        foreach (var (grant, _) in refusals.Where(one => one.Refusal is null))
        {
            // One that asks nobody comes before one that does.
            var asks = grant.Approval is null ? false : grant.Approval.When is { } when ? Says(when, call) : true;
            if (asks is null)
                return (ReasonCode.RuleFailed, grant.Id.Value);
            if (asks == false)
            {
                asking = null;
                return null;
            }

            asking ??= grant.Id.Value;
        }

        if (asking is not null)
            return null;

        // The grant that got furthest says why; the first of several.
        var best = refusals.MaxBy(one => one.Refusal!.Value.Progress);
        return (best.Refusal!.Value.Reason, best.Grant.Id.Value);
    }

    private (int Progress, ReasonCode Reason)? Refuse(Grant grant, ToolCall call)
    {
        if (grant.When is { } when && Says(when, call) is not true and var holds)
            return holds == false ? (1, ReasonCode.ArgumentsNotGranted) : (0, ReasonCode.RuleFailed);

        foreach (var narrowed in grant.Arguments)
            if (call.Arguments.TryGetProperty(narrowed.Name, out var value) && !narrowed.Schema.IsValid(value))
                return (2, ReasonCode.ArgumentsNotGranted);
        if (!grant.Anchored.IsEmpty && !IsAnchored(grant, call))
            return (3, ReasonCode.NotAnchored);
        if (grant.Bound.Any(bound => !_provenance.IsBound(bound, call)))
            return (4, ReasonCode.NotBound);
        return _provenance.IsGrounded(grant, call) ? null : (5, ReasonCode.NotGrounded);
    }

    private bool IsAnchored(Grant grant, ToolCall call)
    {
        var sets = Sets(chain.Length);
        var isCarried = false;
        foreach (var anchored in grant.Anchored)
        {
            if (Values.Atoms(Values.Argument(call.Arguments, anchored.Path)) is not { } atoms || !atoms.TrueForAll(sets[anchored.Anchor].Contains))
                return false;
            isCarried |= atoms.Count > 0;
        }

        return isCarried || template.Unanchored.Any(tool => tool.Value == call.Tool.Id);
    }

    /// <summary>What a condition says of a call; null where it errs.</summary>
    private bool? Says(RuleCondition condition, ToolCall call)
    {
        var value = ChainReference.Evaluate(ChainReference.Compile(condition.Source), call, chain.Calls().Select(earlier => earlier.AsLink));
        return value.IsTrue ? true : value.IsFalse ? false : null;
    }

    /// <summary>The sets as the first links leave them: inputs, and what anchored calls that ended well have brought.</summary>
    private Dictionary<string, HashSet<string>> Sets(int length)
    {
        var sets = template.Anchors.ToDictionary(
            anchor => anchor.Name,
            anchor => anchor.Inputs.Where(input => inputs.TryGetProperty(input.Value, out _)).SelectMany(input => Values.Brought(inputs.GetProperty(input.Value))).ToHashSet(StringComparer.Ordinal),
            StringComparer.Ordinal);

        foreach (var call in chain.Calls(length).Where(call => call.Settled is { Outcome: CallOutcome.Ok, Result: not null }).OrderBy(call => call.SettledAt))
            if (WasAnchored(call))
                foreach (var anchor in template.Anchors)
                    foreach (var source in anchor.Results.Where(source => source.Tool == call.Tool.Id))
                        sets[anchor.Name].UnionWith(source.Field.Select(call.Settled!.Result!.Value).SelectMany(Values.Brought));
        return sets;
    }

    /// <summary>Whether the call was about the mission when it was admitted.</summary>
    private bool WasAnchored(EarlierCall call)
    {
        var sets = Sets(call.Place);
        return template.Grants.Where(grant => grant.Selects(call.Tool)).Any(grant =>
        {
            var atoms = grant.Anchored.Select(anchored => (anchored.Anchor, Atoms: Values.Atoms(Values.Argument(call.Arguments, anchored.Path)))).ToList();
            return atoms.TrueForAll(one => one.Atoms is { } there && there.TrueForAll(sets[one.Anchor].Contains)) && atoms.Exists(one => one.Atoms!.Count > 0);
        });
    }
}
