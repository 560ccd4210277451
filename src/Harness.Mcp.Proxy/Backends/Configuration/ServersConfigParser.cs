using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>What one file of `servers.config` says.</summary>
/// <param name="Backends">None where a client's file disables all its servers.</param>
internal sealed record ServersFile(ImmutableArray<BackendConfig> Backends);

/// <summary>What a parse depends on beside the document: where relative paths start, and the environment that `${env:NAME}` reads.</summary>
internal sealed record ServersConfigSurroundings(string HomeDirectory, Func<string, string?> Environment);

/// <summary>
/// Reads a file of `servers.config` purely: the backends it describes, or every mistake at once. Two forms exist: our own, one
/// backend a file with what its owner says of the tools; and the file that MCP clients use (`mcpServers` or `servers`), whose
/// tools all count as the widest class.
/// </summary>
internal static class ServersConfigParser
{
    public static Parsed<ServersFile> Parse(DocumentNode root, ServersConfigSurroundings surroundings)
    {
        var problems = new List<Problem>();
        var backends = root switch
        {
            DocumentNode.Map map when map["mcpServers"] is not null => StandardForm.Read(map, "mcpServers", surroundings, problems),
            DocumentNode.Map map when map["servers"] is not null => StandardForm.Read(map, "servers", surroundings, problems),
            DocumentNode.Map map => OwnForm.Read(map, surroundings, problems) is { } one ? [one] : [],
            _ => NotAnObject(root, problems),
        };

        return problems.Count == 0 ? new(new ServersFile(backends)) : new(Sorted(problems));
    }

    private static ImmutableArray<BackendConfig> NotAnObject(DocumentNode root, List<Problem> problems)
    {
        problems.Add(new Problem(root.Position, "A file of servers.config holds one JSON object.", "See servers.schema.json for its keys."));
        return [];
    }

    private static ImmutableArray<Problem> Sorted(List<Problem> problems) =>
        [.. problems.OrderBy(problem => problem.Position.Line).ThenBy(problem => problem.Position.Column)];
}
