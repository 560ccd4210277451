using System.Collections.Immutable;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Tools;

/// <summary>One real MCP server behind the proxy, as its file in `servers.config` names it: `[a-z][a-z0-9-]{0,31}`.</summary>
public readonly record struct BackendId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>A tool of a backend. Written `backend/tool`, the form that missions, rules and links use.</summary>
public readonly record struct ToolId(BackendId Backend, string Name)
{
    public override string ToString() => $"{Backend}/{Name}";
}

/// <summary>
/// What a call of a tool does to the world. Every member but <see cref="Read"/> is an effect, and the class `effect:write`
/// selects them all; the other names select themselves. <see cref="Unknown"/> is selected by every class but `effect:read`.
/// </summary>
public enum Effect
{
    /// <summary>The owner has not said: counts as the widest class.</summary>
    Unknown,
    Read,
    Write,
    Send,
    Destructive,
    Money,
    Commit,
    Admin,
}

/// <summary>Labels of what a tool answers: those of the whole result, and those of single fields (paths as in <see cref="FieldPath"/>).</summary>
public sealed record ResultLabels(ImmutableArray<string> Whole, ImmutableArray<FieldLabels> Fields)
{
    public static ResultLabels None { get; } = new([], []);

    /// <summary>Every label that a result of this tool can bring, sorted and without repetition.</summary>
    public ImmutableArray<string> All { get; } =
        [.. Whole.Concat(Fields.SelectMany(field => field.Labels)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}

/// <summary>The labels of the values found at one path of a result.</summary>
public sealed record FieldLabels(FieldPath Path, ImmutableArray<string> Labels);

/// <summary>
/// What a tool means, as its owner says in `servers.config`. The facts are written into each link, so that a chain keeps its
/// meaning when the configuration changes later.
/// </summary>
public sealed record ToolFacts
{
    public required ToolId Id { get; init; }

    /// <summary>The domain of the backend (`identity`, `infrastructure`, …), selected by `domain:NAME`.</summary>
    public required string Domain { get; init; }

    public required Effect Effect { get; init; }

    /// <summary>Arguments that say whom or what the call acts on.</summary>
    public ImmutableArray<FieldPath> Targets { get; init; } = [];

    /// <summary>Arguments that can carry data out.</summary>
    public ImmutableArray<FieldPath> Content { get; init; } = [];

    public ResultLabels Labels { get; init; } = ResultLabels.None;

    /// <summary>Where data given to this tool may end (`external`, …); a `flow` rule names one of them.</summary>
    public ImmutableArray<string> Sinks { get; init; } = [];

    /// <summary>Digest of the definition that the backend published for the tool.</summary>
    public required Digest Definition { get; init; }

    public bool IsRead => Effect == Effect.Read;

    /// <summary>
    /// The facts of a tool that its owner has not described: an effect of unknown kind, whose result is untrusted and whose
    /// arguments may leave the enterprise.
    /// </summary>
    public static ToolFacts Widest(ToolId id, string domain, Digest definition) => new()
    {
        Id = id,
        Domain = domain,
        Effect = Effect.Unknown,
        Labels = new ResultLabels([LabelNames.Untrusted], []),
        Sinks = [SinkNames.External],
        Definition = definition,
    };
}

/// <summary>Labels that the product itself gives; owners may use any other name of `[a-z][a-z0-9-]*`.</summary>
public static class LabelNames
{
    public const string Untrusted = "untrusted";
}

/// <summary>Sinks that the product itself knows.</summary>
public static class SinkNames
{
    public const string External = "external";
}
