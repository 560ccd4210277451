using System.Collections.Immutable;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Missions.Parsing;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Layers;

/// <summary>The guardrails and the terms of every backend, as they are now: guardrails first, then backends by name.</summary>
public sealed class RuleSources
{
    /// <param name="guardrails">Null for none.</param>
    public RuleSources(RuleSource? guardrails, IEnumerable<RuleSource> terms) =>
        All = [.. guardrails is null ? [] : new[] { guardrails }, .. terms.OrderBy(source => source.Name, StringComparer.Ordinal)];

    public static RuleSources None { get; } = new(null, []);

    public ImmutableArray<RuleSource> All { get; }

    /// <summary>Those that can matter to a mission: guardrails always, a backend's terms where a grant may reach the backend.</summary>
    public ImmutableArray<RuleSource> For(MissionTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        return
        [
            .. All.Where(source => source.Backend is not { } backend
                || template.Grants.Any(grant => grant.MayCover(new ToolSelector.ByBackend(backend)))),
        ];
    }
}
