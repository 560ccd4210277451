using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>Reads how a service is reached that an OpenAPI document describes: where the document is, and what its paths are under.</summary>
internal static class OpenApiForm
{
    private const string Key = "openapi";

    /// <summary>Keys that shape a conversation in MCP, which such a service does not speak.</summary>
    private static readonly string[] OfMcp = ["command", "args", "env", "cwd", "transport", "era"];

    public static void RefuseWhatIsForMcp(DocumentNode.Map map, List<Problem> problems)
    {
        foreach (var entry in map.Entries)
            if (OfMcp.Contains(entry.Key, StringComparer.Ordinal))
                problems.Add(new Problem(entry.KeyPosition, $"`{entry.Key}` means nothing beside `{Key}`: what the document describes does not speak MCP.", "Remove it."));
    }

    public static BackendConnection.OpenApi? Read(MapReader reader, DocumentNode.Map map, ServersConfigSurroundings surroundings, List<Problem> problems)
    {
        var before = problems.Count;
        reader.Ignore([.. OfMcp]);
        var allowsPlainHttp = reader.Flag("allowPlainHttp");
        var usesProxy = reader.Flag("environmentProxy");
        var document = ReadDocument(reader, map, allowsPlainHttp, surroundings, problems);
        var url = reader.Text("url");
        var under = url is null ? null : ConnectionForm.ReadAddress(reader, map, "url", "https://crm.corp.example/v2", allowsPlainHttp, ReferenceStyle.Own, surroundings, problems);
        if (under is { Query.Length: > 0 } or { Fragment.Length: > 0 })
            problems.Add(new Problem(map["url"]!.Position, "`url` has a query or a fragment, and paths are put behind it.", "Write scheme, host and path alone."));
        var headers = ConnectionForm.ReadHeaders(reader, ReferenceStyle.Own, surroundings, problems);
        var oauth = ConnectionForm.ReadOAuth(reader, map, headers, surroundings, problems);
        if (oauth is not null && url is null)
            problems.Add(new Problem(map["oauth"]!.Position, "`oauth` needs `url`: a document must not choose who gets tokens.", "Write the address of the service."));
        return problems.Count > before || document is null || (url is not null && under is null)
            ? null
            : new BackendConnection.OpenApi(document, under, headers, allowsPlainHttp) { OAuth = oauth, UsesEnvironmentProxy = usesProxy };
    }

    private static Uri? ReadDocument(MapReader reader, DocumentNode.Map map, bool allowsPlainHttp, ServersConfigSurroundings surroundings, List<Problem> problems)
    {
        if (reader.RequiredText(Key, "Name the document: a file in the home, or its https address.") is not { } written)
            return null;
        var at = map[Key]!.Position;
        if (written.Contains("://", StringComparison.Ordinal) || written.StartsWith("${env:", StringComparison.Ordinal))
            return ConnectionForm.ReadAddress(reader, map, Key, "https://crm.corp.example/openapi.json", allowsPlainHttp, ReferenceStyle.Own, surroundings, problems);

        var home = Path.GetFullPath(surroundings.HomeDirectory);
        var path = Path.GetFullPath(written, home);
        if (!Path.IsPathRooted(written) && !Path.GetRelativePath(home, path).StartsWith("..", StringComparison.Ordinal))
            return new Uri(path);
        problems.Add(new Problem(at, $"`{Key}` names a file outside of the home.", "Put the document into the home, where it is reviewed with the rest, and write its path from there."));
        return null;
    }
}
