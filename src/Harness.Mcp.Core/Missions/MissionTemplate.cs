using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions;

/// <summary>A mission document, parsed and compiled: what opened missions of this name will be bound by.</summary>
public sealed record MissionTemplate
{
    /// <summary>The `mission:` of the document: `[a-z][a-z0-9-]{0,47}`.</summary>
    public required string Name { get; init; }

    /// <summary>Prose for people; never used to decide.</summary>
    public required string Objective { get; init; }

    public required string Owner { get; init; }

    public required ImmutableArray<AgentId> Agents { get; init; }

    public required TimeSpan Lifetime { get; init; }

    /// <summary>The oldest revision of MCP under which agents may work, one of <see cref="ProtocolRevisions.All"/>; null for any.</summary>
    public string? OldestProtocol { get; init; }

    public ImmutableArray<MissionInput> Inputs { get; init; } = [];

    public ImmutableArray<Anchor> Anchors { get; init; } = [];

    public required ImmutableArray<Grant> Grants { get; init; }

    /// <summary>Tools that an anchored grant lets through without any anchored argument; those they do carry must still be anchored.</summary>
    public ImmutableArray<Placed<ToolId>> Unanchored { get; init; } = [];

    /// <summary>How labels stand to each other, beside what guardrails say of it.</summary>
    public ImmutableArray<LabelLine> Labels { get; init; } = [];

    /// <summary>After how many refusals the mission is narrowed and stopped; null where it does not say.</summary>
    public DenialLimits? Denials { get; init; }

    /// <summary>What the targets of effects must be known from.</summary>
    public GroundingMode Grounding { get; init; }

    /// <summary>In document order, which decides whose reason is given when several rules deny.</summary>
    public ImmutableArray<Rule> Rules { get; init; } = [];

    /// <summary>The document this template was parsed from.</summary>
    public required DocumentNode.Map Document { get; init; }
}

/// <summary>A part of a document with the place where it stands.</summary>
public sealed record Placed<T>(T Value, SourcePosition Position);

/// <summary>A value that is given when the mission is opened, and never changes then.</summary>
/// <param name="Types">The schema's `type`; text is read as the first of them that it can be, `string` last.</param>
/// <param name="Default">The schema's `default`, taken where the input is not given; without one it must be given.</param>
public sealed record MissionInput(
    string Name, ImmutableArray<string> Types, JsonSchema Schema, JsonElement? Default, SourcePosition Position);

/// <summary>
/// Something the mission is about, as the set of values that name it: those of <paramref name="Inputs"/> from the start, and those that anchored
/// calls brought in the fields of <paramref name="Results"/>. A value is an atom: a string, compared letter by letter, or a number, compared
/// by value; a string never equals a number; lists count item by item.
/// </summary>
public sealed record Anchor(
    string Name, ImmutableArray<Placed<string>> Inputs, ImmutableArray<AnchorSource> Results, SourcePosition Position);

/// <summary>A field of a tool's results that names things of an anchor.</summary>
public sealed record AnchorSource(ToolId Tool, FieldPath Field, SourcePosition Position);
