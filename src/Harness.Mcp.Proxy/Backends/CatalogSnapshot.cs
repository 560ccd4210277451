using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Proxy.Backends;

/// <summary>Whether a tool is as it was approved.</summary>
public enum ToolStanding
{
    Approved,

    /// <summary>The backend now publishes another definition than the one that was approved: no call passes until `harness servers approve`.</summary>
    Drifted,

    /// <summary>Seen, but this backend's tools must be approved before first use, and this one was not.</summary>
    Unapproved,
}

/// <summary>One tool as agents may be shown it.</summary>
/// <param name="ExposedName">The name as agents see it, in `[a-zA-Z0-9_-]`: `backend_tool`, at most 40 characters, or the tool's own, at most 64.</param>
/// <param name="Definition">The approved definition, verbatim as the backend published it (its `name` is the backend's own).</param>
/// <param name="Input">The definition's `inputSchema`, compiled.</param>
public sealed record CatalogTool(string ExposedName, ToolFacts Facts, JsonElement Definition, JsonSchema Input, ToolStanding Standing)
{
    /// <summary>How the text of its results is read, as its owner says.</summary>
    public ResultForm Results { get; init; } = ResultForm.Json;

    /// <summary>How it reads numbers, as its owner says.</summary>
    public NumberForm Numbers { get; init; } = NumberForm.Double;
}

/// <summary>All tools of all backends at one moment; replaced as a whole when configuration, pins or a backend change.</summary>
public sealed class CatalogSnapshot
{
    private readonly FrozenDictionary<string, CatalogTool> _byExposedName;
    private readonly FrozenDictionary<ToolId, CatalogTool> _byId;

    public CatalogSnapshot(long version, IEnumerable<CatalogTool> tools)
    {
        Version = version;
        Tools = [.. tools.OrderBy(tool => tool.ExposedName, StringComparer.Ordinal)];
        _byExposedName = Tools.ToFrozenDictionary(tool => tool.ExposedName, StringComparer.Ordinal);
        _byId = Tools.ToFrozenDictionary(tool => tool.Facts.Id);
    }

    public static CatalogSnapshot Empty { get; } = new(0, []);

    public long Version { get; }

    /// <summary>Sorted by exposed name (ordinal).</summary>
    public ImmutableArray<CatalogTool> Tools { get; }

    public CatalogTool? FindExposed(string exposedName) => _byExposedName.GetValueOrDefault(exposedName);

    public CatalogTool? Find(ToolId tool) => _byId.GetValueOrDefault(tool);
}

/// <summary>The catalog in force.</summary>
public interface IToolCatalog
{
    CatalogSnapshot Current { get; }

    /// <summary>Raised after <see cref="Current"/> changed; may be raised on any thread, and must not be blocked.</summary>
    event Action? Changed;
}
