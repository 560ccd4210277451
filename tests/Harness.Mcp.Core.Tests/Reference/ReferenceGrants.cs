using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tests.Rules;

namespace Harness.Mcp.Core.Tests.Reference;

/// <summary>Grants and anchors by the letter of the documentation: the anchors' sets are worked out anew for every question.</summary>
internal sealed class ReferenceGrants(MissionTemplate template, JsonElement inputs, ReferenceChain chain)
{
    /// <returns>Why no grant accepts the call, with the grant; null where one does.</returns>
    public (ReasonCode Reason, string? Rule)? Refuse(ToolCall call)
    {
        var granting = template.Grants.Where(grant => grant.Selects(call.Tool)).ToList();
        if (granting.Count == 0)
            return (ReasonCode.ToolNotGranted, null);
        var refusals = granting.Select(grant => (Grant: grant, Refusal: Refuse(grant, call))).ToList();
        if (refusals.Exists(one => one.Refusal is null))
            return null;

        // The grant that got furthest says why; the first of several.
        var best = refusals.MaxBy(one => one.Refusal!.Value.Progress);
        return (best.Refusal!.Value.Reason, best.Grant.Id.Value);
    }

    private (int Progress, ReasonCode Reason)? Refuse(Grant grant, ToolCall call)
    {
        if (grant.Approval is not null || !grant.Bound.IsEmpty || template.Grounding != GroundingMode.Off)
            throw new InvalidOperationException("The reference knows neither approvals nor where values came from.");
        if (grant.When is { } when)
        {
            var holds = ChainReference.Evaluate(ChainReference.Compile(when.Source), call, chain.Calls().Select(earlier => earlier.AsLink));
            if (!holds.IsTrue)
                return holds.IsFalse ? (1, ReasonCode.ArgumentsNotGranted) : (0, ReasonCode.RuleFailed);
        }

        foreach (var narrowed in grant.Arguments)
            if (call.Arguments.TryGetProperty(narrowed.Name, out var value) && !narrowed.Schema.IsValid(value))
                return (2, ReasonCode.ArgumentsNotGranted);
        if (grant.Anchored.IsEmpty)
            return null;

        var sets = Sets(chain.Length);
        var isCarried = false;
        foreach (var anchored in grant.Anchored)
        {
            if (Values.Atoms(Values.Argument(call.Arguments, anchored.Path)) is not { } atoms || !atoms.TrueForAll(sets[anchored.Anchor].Contains))
                return (3, ReasonCode.NotAnchored);
            isCarried |= atoms.Count > 0;
        }

        return isCarried || template.Unanchored.Any(tool => tool.Value == call.Tool.Id) ? null : (3, ReasonCode.NotAnchored);
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
