using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions;

/// <summary>
/// Tools that the mission may use, within limits. A call needs one grant that selects its tool and accepts it: `when` holds, each
/// argument of `args` that it carries fits the schema, and each argument of `anchored` that it carries names only what is in the anchor's set. A call that
/// carries none of the anchored arguments is refused, unless its tool is `unanchored`.
/// </summary>
public sealed record Grant
{
    /// <summary>Position in the document, from 0; denials name the grant as `grants[2]`.</summary>
    public required int Index { get; init; }

    /// <summary>True for `read:` (selects reads only), false for `tools:` (by name only).</summary>
    public required bool IsRead { get; init; }

    public required ImmutableArray<Placed<ToolSelector>> Selectors { get; init; }

    public ImmutableArray<AnchoredArgument> Anchored { get; init; } = [];

    public ImmutableArray<BoundArgument> Bound { get; init; } = [];

    public ImmutableArray<NarrowedArgument> Arguments { get; init; } = [];

    public RuleCondition? When { get; init; }

    /// <summary>Who must approve calls that the grant accepts; null for nobody.</summary>
    public GrantApproval? Approval { get; init; }

    /// <summary>What a backend may ask of the agent during a call that the grant accepts.</summary>
    public AgentInputs Asks { get; init; }

    public required SourcePosition Position { get; init; }

    public RuleId Id => new($"grants[{Index}]");

    public bool Selects(ToolFacts tool)
    {
        if (IsRead && !tool.IsRead)
            return false;
        foreach (var selector in Selectors)
            if (selector.Value.Selects(tool))
                return true;
        return false;
    }

    /// <summary>Whether the arguments fit the limits that the grant sets on them; what the chain says to the call is another question.</summary>
    /// <param name="arguments">A JSON object.</param>
    public bool AcceptsArguments(JsonElement arguments)
    {
        foreach (var narrowed in Arguments)
            if (arguments.TryGetProperty(narrowed.Name, out var value) && !narrowed.Schema.Validate(value).IsEmpty)
                return false;
        return true;
    }

    /// <summary>Whether the grant may select a tool of the backend, as far as that can be told without the tool.</summary>
    public bool MayConcern(BackendId backend, string domain)
    {
        foreach (var selector in Selectors)
            if (selector.Value switch
            {
                ToolSelector.ByName(var tool) => tool.Backend == backend,
                ToolSelector.ByBackend(var named) => named == backend,
                ToolSelector.ByDomain(var named) => string.Equals(named, domain, StringComparison.Ordinal),
                _ => true,
            })
                return true;
        return false;
    }
}

/// <summary>`approval: { by: [soc-lead], when: …, within: 1h }`: people approve each accepted call for which <paramref name="When"/> holds.</summary>
/// <param name="When">Null for every call.</param>
public sealed record GrantApproval(ApprovalTerms Terms, RuleCondition? When);

/// <summary>An argument whose every atom must be in an anchor's set.</summary>
public sealed record AnchoredArgument(FieldPath Path, string Anchor, SourcePosition Position);

/// <summary>An argument that must fit a schema beyond the tool's own, where the call carries it.</summary>
public sealed record NarrowedArgument(string Name, JsonSchema Schema, string SchemaText, SourcePosition Position)
{
    /// <summary>The schema lists the values (`enum`, `const`, also for the items of a list): the mission's author named them.</summary>
    public bool ListsValues { get; init; }
}
