using System.Collections.Immutable;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Core.Layers;

/// <summary>A rule that decides nothing, since another denies whatever it denies.</summary>
/// <param name="IsEqual">Whether both are equally strict.</param>
internal sealed record SuperfluousRule(Rule Rule, Rule Cover, bool IsEqual);

/// <summary>Finds rules that decide nothing beside others.</summary>
internal static class SuperfluousRules
{
    /// <param name="above">Rules of stricter authors, which stay whatever is found.</param>
    public static IEnumerable<SuperfluousRule> Of(ImmutableArray<Rule> rules, ImmutableArray<Rule> above)
    {
        for (var place = 0; place < rules.Length; place++)
        {
            var rule = rules[place];
            var cover = above.FirstOrDefault(other => RuleCover.Covers(other, rule))
                ?? rules.Take(place).FirstOrDefault(other => RuleCover.Covers(other, rule))
                ?? rules.Skip(place + 1).FirstOrDefault(other => RuleCover.Covers(other, rule) && !RuleCover.Covers(rule, other));
            if (cover is not null)
                yield return new SuperfluousRule(rule, cover, RuleCover.Covers(rule, cover));
        }
    }
}
