using System.Collections.Immutable;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>Rules that decide nothing, since another of the same or a stricter author denies whatever they deny.</summary>
internal static class CoverCheck
{
    public static void Run(ImmutableArray<Rule> rules, ImmutableArray<Rule> above, FindingList findings)
    {
        foreach (var found in SuperfluousRules.Of(rules, above))
        {
            // To say again what a stricter author says is no mistake; to say less promises what does not hold.
            var isRepeated = found.IsEqual && above.Contains(found.Cover);
            var cover = $"`{found.Cover.Id}` ({found.Cover.Position.SeenFrom(found.Rule.Position)})";
            findings.Add(new Finding(
                CheckKind.RuleSuperfluous,
                isRepeated ? Severity.Note : Severity.Warning,
                found.Rule.Position,
                found.IsEqual
                    ? $"The rule `{found.Rule.Id}` decides nothing: {cover} denies the same."
                    : $"The rule `{found.Rule.Id}` decides nothing: {cover} denies all that it denies, and more.",
                "Remove it, or make it stricter.")
            {
                Related = [found.Cover.Position],
            });
        }
    }
}
