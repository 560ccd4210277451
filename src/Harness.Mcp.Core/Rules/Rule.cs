using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules;

/// <summary>
/// What every call of some tools must satisfy, given the chain so far. A rule with its own `on` also refuses a call that lacks
/// an argument that the rule reads; a rule that watches every granted tool passes over such calls.
/// </summary>
public sealed record Rule
{
    public required RuleId Id { get; init; }

    /// <summary>Tools whose calls the rule judges; empty for every granted tool.</summary>
    public ImmutableArray<Placed<ToolSelector>> On { get; init; } = [];

    /// <summary>
    /// Where this does not hold for a call, the rule does not judge it; and forms that count the judged calls (`budget`, `window`,
    /// `wall`) do not count it.
    /// </summary>
    public RuleCondition? When { get; init; }

    public required RuleForm Form { get; init; }

    /// <summary>What the agent is told when the rule denies, instead of the form's own words.</summary>
    public string? Say { get; init; }

    public ImmutableArray<RuleExample> Examples { get; init; } = [];

    public required SourcePosition Position { get; init; }

    /// <summary>False for a rule in shadow: it judges and its verdict is recorded, but it never denies.</summary>
    public bool IsEnforced { get; init; } = true;

    /// <summary>The backend whose owner wrote the rule: it judges and counts calls of that backend alone. Null for every other author.</summary>
    public BackendId? Scope { get; init; }

    /// <summary>Digest of what was written: the same rule, read again, is known by it.</summary>
    public Digest Written { get; init; } = Digest.Zero;

    public bool HasOwnOn => !On.IsEmpty;

    /// <summary>The CEL expression that a call must make true, or null where CEL cannot say it: what the rule means, to the letter.</summary>
    public string? Cel => Form.ToCel(this) is not { } cel ? null : When is null ? cel : $"!({When.Source}) || ({cel})";

    public bool Watches(ToolFacts tool) => IsOn(tool) && Form.Concerns(tool);

    internal bool IsOn(ToolFacts tool) => (Scope is not { } backend || tool.Id.Backend == backend) && (On.IsEmpty || Selectors.Any(On, tool));

    /// <summary>The CEL that says of an earlier call `l` that the rule watches its tool.</summary>
    internal string OnToCel() => Scope is { } backend
        ? $"(l.backend == {CelText.Literal(backend.Value)} && {Selectors.ToCel(On)})"
        : Selectors.ToCel(On);
}

/// <summary>An expression of a document, compiled.</summary>
public sealed record RuleCondition(string Source, RuleExpression Expression, SourcePosition Position);
