using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>A tool as a check knows it: what its owner says, and what its backend published.</summary>
/// <param name="InputSchema">Null where it is not known.</param>
/// <param name="OutputSchema">Null where the tool declares none, or it is not known.</param>
/// <param name="IsDescribed">Whether its owner says anything of it; otherwise it counts as the widest class.</param>
public sealed record KnownTool(ToolFacts Facts, JsonElement? InputSchema, JsonElement? OutputSchema, bool IsDescribed)
{
    private Shape? _arguments;
    private Shape? _result;

    public ToolId Id => Facts.Id;

    /// <summary>What an agent's answers carry, where the tool may ask for some.</summary>
    public ImmutableArray<string> AnswerLabels { get; init; } = [LabelNames.Untrusted];

    /// <summary>Hosts whose pages the tool may send a user to.</summary>
    public ImmutableArray<string> PageHosts { get; init; } = [];

    /// <summary>The form of its arguments.</summary>
    internal Shape Arguments => _arguments ??= ShapeReader.Read(InputSchema);

    /// <summary>The form of its results.</summary>
    internal Shape Result => _result ??= ShapeReader.Read(OutputSchema);

    /// <summary>The names of its arguments, or null where they are not all known.</summary>
    internal IReadOnlyCollection<string>? ArgumentNames => Arguments is Shape.Fields { Others: null } fields ? fields.Known.Keys.ToList() : null;

    /// <summary>Whether a call may carry the argument, as far as can be told.</summary>
    internal bool MayCarry(string argument) => ArgumentNames is not { } names || names.Contains(argument, StringComparer.Ordinal);

    /// <summary>Arguments that every call must carry.</summary>
    internal IEnumerable<string> Required => InputSchema is { ValueKind: JsonValueKind.Object } schema
        && schema.TryGetProperty("required", out var required)
        && required.ValueKind == JsonValueKind.Array
            ? required.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!)
            : [];
}

/// <summary>All tools that a mission is checked against.</summary>
/// <param name="Unseen">Backends whose own list of tools was never read: what is known of them is what their files say.</param>
public sealed record KnownTools(ImmutableArray<KnownTool> Tools, ImmutableArray<BackendId> Unseen)
{
    public KnownTool? Find(ToolId tool)
    {
        foreach (var known in Tools)
            if (known.Id == tool)
                return known;
        return null;
    }
}
