using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>
/// The file that MCP clients use, dropped in unchanged: `mcpServers` (Claude, Copilot) or `servers` (VS Code). It says nothing of
/// what tools mean, so each counts as the widest class until the owner describes the backend in our own form.
/// </summary>
internal static class StandardForm
{
    /// <summary>The domain and owner of a backend that nobody has described.</summary>
    public const string Undescribed = "undescribed";

    public static ImmutableArray<BackendConfig> Read(
        DocumentNode.Map file, string listKey, ServersConfigSurroundings surroundings, List<Problem> problems)
    {
        var reader = new MapReader(file, "A file of client servers", problems);
        reader.Ignore("$schema", "inputs");
        var servers = reader.Map(listKey);
        reader.RefuseUnknown();

        var backends = ImmutableArray.CreateBuilder<BackendConfig>();
        var names = new Dictionary<string, SourcePosition>(StringComparer.Ordinal);
        foreach (var entry in servers?.Entries ?? [])
        {
            if (Names.ForBackend(entry.Key) is not { } name)
                problems.Add(new Problem(entry.KeyPosition, $"`{entry.Key}` cannot be a backend's name.", Names.BackendRule));
            else if (!names.TryAdd(name, entry.KeyPosition))
                problems.Add(new Problem(entry.KeyPosition, $"`{entry.Key}` becomes the backend `{name}`, as does the one at {names[name]}.", "Rename one of them."));
            else if (entry.Value is not DocumentNode.Map server)
                problems.Add(new Problem(entry.Value.Position, $"The server `{entry.Key}` must be an object."));
            else if (ReadServer(name, server, surroundings, problems) is { } backend)
                backends.Add(backend);
        }

        return backends.ToImmutable();
    }

    private static BackendConfig? ReadServer(string name, DocumentNode.Map server, ServersConfigSurroundings surroundings, List<Problem> problems)
    {
        var before = problems.Count;
        var reader = new MapReader(server, $"The server `{name}`", problems);

        // Settings of the client itself: they do not change what the server is or how it is reached.
        reader.Ignore("description", "timeout", "autoApprove", "alwaysAllow", "tools", "gallery", "version", "dev", "trust", "disabledTools");
        var isDisabled = reader.Flag("disabled");
        var form = ReadForm(reader, "type") ?? ReadForm(reader, "transport");
        foreach (var key in (ReadOnlySpan<string>)["envFile", "oauth"])
            if (reader.Take(key) is { } unsupported)
                problems.Add(new Problem(unsupported.Position, $"`{key}` is not supported.", "Write the values into `env` or `headers`, as `${env:NAME}`."));

        var connection = ConnectionForm.Read(reader, server, form ?? HttpForm.Either, ReferenceStyle.Clients, surroundings, problems);
        reader.RefuseUnknown();
        if (isDisabled || problems.Count > before || connection is null)
            return null;

        var limits = new BackendLimits();
        return new BackendConfig
        {
            Id = new BackendId(name),
            Owner = Undescribed,
            Domain = Undescribed,
            Connection = connection,
            Limits = limits,
            Tools = ImmutableDictionary<string, ToolTerms>.Empty,
            Position = server.Position,
            ConnectionDigest = ConnectionForm.DigestOf(connection, EraPreference.Auto, limits),
        };
    }

    /// <summary>A name that says stdio leaves the form open: `command` or `url` decides.</summary>
    private static HttpForm? ReadForm(MapReader reader, string key) => reader.Choice(
        key,
        ("stdio", HttpForm.Either), ("local", HttpForm.Either),
        ("http", HttpForm.Streamable), ("streamable-http", HttpForm.Streamable), ("streamableHttp", HttpForm.Streamable),
        ("sse", HttpForm.Sse));
}
