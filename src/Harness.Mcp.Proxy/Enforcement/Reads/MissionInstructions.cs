using System.Collections.Immutable;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Reads;

namespace Harness.Mcp.Proxy.Enforcement.Reads;

/// <summary>
/// What backends say to models about themselves: of those that the mission grants something of, as it was approved. Their words are quoted line by line, so that
/// none of them can pass for ours or for another backend's.
/// </summary>
internal static class MissionInstructions
{
    /// <summary>Of one backend, in characters; longer ones are left out.</summary>
    private const int LengthMax = 8 * 1024;

    /// <summary>Of all together.</summary>
    private const int TotalMax = 32 * 1024;

    /// <summary>Null where there are none.</summary>
    public static string? Of(MissionTemplate template, CatalogSnapshot tools, CatalogReads reads)
    {
        var granted = tools.Tools.Where(tool => tool.Standing == ToolStanding.Approved && template.Grants.Any(grant => grant.Selects(tool.Facts)))
            .Select(tool => tool.Facts.Id.Backend).ToHashSet();
        var total = 0;
        var said = ImmutableArray.CreateBuilder<string>();
        foreach (var backend in reads.Backends)
        {
            if (backend.Instructions is not { Length: > 0 and <= LengthMax } words || total + words.Length > TotalMax || !granted.Contains(backend.Id))
                continue;
            total += words.Length;
            said.Add($"The server behind `{backend.Id}` says of itself:\n{string.Join('\n', words.ReplaceLineEndings("\n").Split('\n').Select(line => $"> {line}"))}");
        }

        return said.Count == 0 ? null : string.Join("\n\n", said);
    }
}
