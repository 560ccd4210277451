using System.Collections.Immutable;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Layers;

/// <summary>
/// Whether one rule denies whatever another denies, so that the other decides nothing. It is told by comparing what they say; where
/// that needs more than a comparison, the answer is no.
/// </summary>
internal static class RuleCover
{
    public static bool Covers(Rule stricter, Rule other) =>
        (stricter.IsEnforced || !other.IsEnforced)
        && SelectsAll(stricter, other)
        && (stricter.When is null || string.Equals(stricter.When.Source, other.When?.Source, StringComparison.Ordinal))
        && (stricter.HasOwnOn || !other.HasOwnOn || stricter.Form.ArgumentsRead.IsEmpty)
        && Covers(stricter.Form, other.Form, stricter, other);

    private static bool Covers(RuleForm stricter, RuleForm other, Rule stricterRule, Rule otherRule) => (stricter, other) switch
    {
        (Before one, Before two) =>
            Within(one.Tools, two.Tools) && Within(two.Same, one.Same) && Within(two.NotSince, one.NotSince) && (two.Within is null ? true : one.Within <= two.Within),
        (NeverAfter one, NeverAfter two) => Within(two.Tools, one.Tools) && Within(one.Same, two.Same),

        // A wider `on` or a missing `when` counts more calls, and so denies earlier.
        (Budget one, Budget two) =>
            one.Measure == two.Measure && Same(one.Argument, two.Argument) && Same(one.Per, two.Per) && one.Max <= two.Max,
        (Window one, Window two) => one.Measure == two.Measure && Same(one.Argument, two.Argument) && one.Max <= two.Max && one.Per >= two.Per,
        (Wall one, Wall two) => Same(one.By, two.By) && stricterRule.On.Length == otherRule.On.Length,

        // What a person may let pass does not stand for a way that is closed.
        (Flow one, Flow two) =>
            one.To == two.To && one.ClearedBy.IsEmpty && (one.Unless is null || one.Unless == two.Unless) && one.Barred.Contains(two.Label, StringComparer.Ordinal),
        (Carry one, Carry two) => Within(one.Args, two.Args) && Within(two.Args, one.Args) && two.Refuse.All(what => one.Refuse.Contains(what, StringComparer.Ordinal)),
        (Condition one, Condition two) => one.IsForbidden == two.IsForbidden && IsSame(one.Expression, two.Expression),
        _ => false,
    };

    private static bool SelectsAll(Rule wider, Rule narrower)
    {
        if (wider.Scope is { } scope && !OnlyOf(narrower, scope))
            return false;
        return wider.On.IsEmpty || (!narrower.On.IsEmpty && Within(narrower.On, wider.On));
    }

    private static bool OnlyOf(Rule rule, BackendId backend) => rule.Scope == backend
        || (!rule.On.IsEmpty && rule.On.All(selector => selector.Value switch
        {
            ToolSelector.ByName(var tool) => tool.Backend == backend,
            ToolSelector.ByBackend(var named) => named == backend,
            _ => false,
        }));

    private static bool Within(ImmutableArray<Placed<ToolSelector>> fewer, ImmutableArray<Placed<ToolSelector>> more) =>
        fewer.All(one => more.Any(other => Includes(other.Value, one.Value)));

    private static bool Includes(ToolSelector wider, ToolSelector narrower) => wider == narrower || (wider, narrower) switch
    {
        (ToolSelector.ByBackend(var backend), ToolSelector.ByName(var tool)) => tool.Backend == backend,
        (ToolSelector.ByEffect { Effect: Effect.Write }, ToolSelector.ByEffect { Effect: not Effect.Read }) => true,
        _ => false,
    };

    private static bool Within(ImmutableArray<FieldPath> fewer, ImmutableArray<FieldPath> more) =>
        fewer.All(one => more.Any(other => Same(one, other)));

    private static bool Same(FieldPath? one, FieldPath? other) => string.Equals(one?.Text, other?.Text, StringComparison.Ordinal);

    private static bool IsSame(RuleCondition one, RuleCondition other) => string.Equals(one.Source, other.Source, StringComparison.Ordinal);
}
