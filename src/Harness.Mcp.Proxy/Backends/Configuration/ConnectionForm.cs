using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends.OAuth;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>Reads how a backend is reached; the same keys in both forms.</summary>
internal static class ConnectionForm
{
    /// <summary>What every child needs to find its programs and its user's files; nothing else of ours is passed on.</summary>
    private static readonly string[] AlwaysPassed = OperatingSystem.IsWindows()
        ? ["PATH", "SystemRoot", "USERPROFILE", "TEMP", "TMP", "LANG"]
        : ["PATH", "HOME", "LANG"];

    /// <summary>Headers that the transport itself sets.</summary>
    private static readonly ImmutableHashSet<string> OwnHeaders = ImmutableHashSet.Create(
        StringComparer.OrdinalIgnoreCase, "Accept", "Connection", "Content-Length", "Content-Type", "Host", "Transfer-Encoding", "Last-Event-ID");

    /// <param name="form">What the file says of an address; it means nothing for a program.</param>
    public static BackendConnection? Read(
        MapReader reader, DocumentNode.Map map, HttpForm form, ReferenceStyle style, ServersConfigSurroundings surroundings, List<Problem> problems)
    {
        if (style == ReferenceStyle.Own && reader.Take("openapi") is not null)
            return OpenApiForm.Read(reader, map, surroundings, problems);
        var hasCommand = map["command"] is not null;
        if (hasCommand == map["url"] is not null)
        {
            reader.Ignore("command", "args", "env", "cwd", "url", "headers", "allowPlainHttp", "environmentProxy", "oauth");
            problems.Add(hasCommand
                ? new Problem(map["url"]!.Position, "Both `command` and `url` stand here.", "Keep the one by which the backend is reached.")
                : new Problem(map.Position, "Neither `command` nor `url` stands here.", style == ReferenceStyle.Own
                    ? "Write `command` for a program that speaks over stdio, `url` for a server over HTTP, or `openapi` for a service that an OpenAPI document describes."
                    : "Write `command` for a program that speaks over stdio, or `url` for a server over HTTP."));
            return null;
        }

        return hasCommand ? ReadStdio(reader, map, style, surroundings, problems) : ReadHttp(reader, map, form, style, surroundings, problems);
    }

    /// <summary>A digest that changes when any part of the connection does, environment values and credentials included.</summary>
    public static Digest DigestOf(BackendConnection connection, EraPreference era, BackendLimits limits, AgentInputs listing = AgentInputs.None)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            writer.WriteStringValue(era.ToString());
            writer.WriteStringValue(limits.ToString());
            writer.WriteStringValue(listing.ToString());
            switch (connection)
            {
                case BackendConnection.Stdio stdio:
                    writer.WriteStringValue(stdio.Command);
                    writer.WriteStringValue(stdio.WorkingDirectory);
                    foreach (var argument in stdio.Arguments)
                        writer.WriteStringValue(argument);
                    WriteSecrets(writer, stdio.Environment);
                    break;
                case BackendConnection.Http http:
                    writer.WriteStringValue(http.Endpoint.AbsoluteUri);
                    writer.WriteStringValue(http.Form.ToString());
                    writer.WriteBooleanValue(http.UsesEnvironmentProxy);
                    WriteSecrets(writer, http.Headers);
                    WriteOAuth(writer, http.OAuth);
                    break;
                case BackendConnection.OpenApi api:
                    writer.WriteStringValue(api.Document.AbsoluteUri);
                    writer.WriteStringValue(api.Base?.AbsoluteUri);
                    writer.WriteBooleanValue(api.AllowsPlainHttp);
                    writer.WriteBooleanValue(api.UsesEnvironmentProxy);
                    WriteSecrets(writer, api.Headers);
                    WriteOAuth(writer, api.OAuth);
                    break;
            }

            writer.WriteEndArray();
        }

        return Digest.Of(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void WriteOAuth(Utf8JsonWriter writer, OAuthTerms? oauth)
    {
        if (oauth is null)
            return;
        writer.WriteStringValue($"{oauth.Grant} {oauth.MayRegister}");
        foreach (var text in (string?[])[oauth.ClientId, oauth.ClientSecret?.Value, oauth.PrivateKey?.Value, oauth.Issuer, .. oauth.Scopes])
            writer.WriteStringValue(text);
    }

    private static void WriteSecrets(Utf8JsonWriter writer, ImmutableDictionary<string, Secret> secrets)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in secrets.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            writer.WriteString(name, value.Value);
        writer.WriteEndObject();
    }

    private static BackendConnection.Stdio? ReadStdio(
        MapReader reader, DocumentNode.Map map, ReferenceStyle style, ServersConfigSurroundings surroundings, List<Problem> problems)
    {
        var before = problems.Count;
        var command = reader.RequiredText("command", "Name the program.");
        if (command is not null)
            command = EnvironmentReferences.Resolve(new DocumentNode.Scalar(map["command"]!.Position, command, ScalarKind.String), style, surroundings, problems);
        if (command is not null && command.AsSpan().ContainsAny('\0', '\n', '\r'))
            problems.Add(new Problem(map["command"]!.Position, "`command` holds a control character.", "Write the program's name or path alone."));
        if (command is not null && command.Contains(' ', StringComparison.Ordinal) && !command.AsSpan().ContainsAny('/', '\\'))
            problems.Add(new Problem(map["command"]!.Position, "`command` must be the program alone: no shell reads it.", "Move its arguments to `args`."));

        var arguments = ImmutableArray.CreateBuilder<string>();
        foreach (var argument in reader.Texts("args"))
            if (EnvironmentReferences.Resolve(argument, style, surroundings, problems) is { } resolved)
                arguments.Add(resolved);

        var environment = ImmutableDictionary.CreateBuilder<string, Secret>(StringComparer.Ordinal);
        foreach (var name in AlwaysPassed)
            if (surroundings.Environment(name) is { } value)
                environment[name] = new Secret(value);
        AddSecrets(environment, reader.Map("env"), "variable", style, surroundings, problems);

        var directory = surroundings.HomeDirectory;
        if (reader.Text("cwd") is { } cwd
            && EnvironmentReferences.Resolve(new DocumentNode.Scalar(map["cwd"]!.Position, cwd, ScalarKind.String), style, surroundings, problems) is { } written)
            directory = Path.GetFullPath(written, surroundings.HomeDirectory);

        if (problems.Count > before || command is null)
            return null;
        var isPath = command.AsSpan().ContainsAny('/', '\\');
        return new BackendConnection.Stdio(
            isPath ? Path.GetFullPath(command, directory) : command, arguments.ToImmutable(), environment.ToImmutable(), directory);
    }

    private static BackendConnection.Http? ReadHttp(
        MapReader reader, DocumentNode.Map map, HttpForm form, ReferenceStyle style, ServersConfigSurroundings surroundings, List<Problem> problems)
    {
        var before = problems.Count;
        var allowPlain = reader.Flag("allowPlainHttp");
        var usesProxy = reader.Flag("environmentProxy");
        _ = reader.RequiredText("url", "Write the address of the MCP endpoint.");
        var endpoint = ReadAddress(reader, map, "url", "https://mail.corp.example/mcp", allowPlain, style, surroundings, problems);
        var headers = ReadHeaders(reader, style, surroundings, problems);
        var oauth = style == ReferenceStyle.Own ? ReadOAuth(reader, map, headers, surroundings, problems) : null;
        return problems.Count > before || endpoint is null ? null : new BackendConnection.Http(endpoint, headers) { Form = form, OAuth = oauth, UsesEnvironmentProxy = usesProxy };
    }

    /// <summary>An http or https address; null where there is none, or where it cannot be used.</summary>
    public static Uri? ReadAddress(
        MapReader reader,
        DocumentNode.Map map,
        string key,
        string example,
        bool allowPlain,
        ReferenceStyle style,
        ServersConfigSurroundings surroundings,
        List<Problem> problems)
    {
        if (reader.Take(key) is not DocumentNode.Scalar { Kind: ScalarKind.String } written || string.IsNullOrWhiteSpace(written.Text)
            || EnvironmentReferences.Resolve(written, style, surroundings, problems) is not { } text)
            return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.Host.Length == 0)
            problems.Add(new Problem(written.Position, $"`{key}` is not an http or https address.", $"Write it whole, for example `{example}`."));
        else if (address.UserInfo.Length > 0)
            problems.Add(new Problem(written.Position, $"`{key}` carries credentials.", "Put them into `headers`, as `${env:NAME}`."));
        else if (address.Scheme == "http" && !address.IsLoopback && !allowPlain)
            problems.Add(new Problem(written.Position, "Plain http to another machine shows credentials and data to the network.", "Use https, or write \"allowPlainHttp\": true where the network itself is protected."));
        return address;
    }

    public static OAuthTerms? ReadOAuth(
        MapReader reader, DocumentNode.Map map, ImmutableDictionary<string, Secret> headers, ServersConfigSurroundings surroundings, List<Problem> problems)
    {
        var oauth = OAuthForm.Read(reader, surroundings, problems);
        if (oauth is not null && headers.ContainsKey("Authorization"))
            problems.Add(new Problem(map["oauth"]!.Position, "Both `oauth` and a header `Authorization` stand here.", "Keep one of them."));
        return oauth;
    }

    public static ImmutableDictionary<string, Secret> ReadHeaders(
        MapReader reader, ReferenceStyle style, ServersConfigSurroundings surroundings, List<Problem> problems)
    {
        var headers = ImmutableDictionary.CreateBuilder<string, Secret>(StringComparer.OrdinalIgnoreCase);
        var given = reader.Map("headers");
        foreach (var entry in given?.Entries ?? [])
            if (OwnHeaders.Contains(entry.Key) || entry.Key.StartsWith("mcp-", StringComparison.OrdinalIgnoreCase))
                problems.Add(new Problem(entry.KeyPosition, $"The header `{entry.Key}` belongs to the transport.", "Remove it."));
        AddSecrets(headers, given, "header", style, surroundings, problems);
        return headers.ToImmutable();
    }

    private static void AddSecrets(
        ImmutableDictionary<string, Secret>.Builder secrets,
        DocumentNode.Map? map,
        string kind,
        ReferenceStyle style,
        ServersConfigSurroundings surroundings,
        List<Problem> problems)
    {
        foreach (var entry in map?.Entries ?? [])
        {
            if (!IsToken(entry.Key))
                problems.Add(new Problem(entry.KeyPosition, $"`{entry.Key}` cannot be the name of a {kind}."));
            else if (entry.Value is not DocumentNode.Scalar { Kind: not ScalarKind.Null } text)
                problems.Add(new Problem(entry.Value.Position, $"The {kind} `{entry.Key}` must be a string."));
            else if (EnvironmentReferences.Resolve(text, style, surroundings, problems) is { } value)
            {
                if (value.AsSpan().ContainsAny('\0', '\n', '\r'))
                    problems.Add(new Problem(text.Position, $"The {kind} `{entry.Key}` holds a line break or a null character.", "Check the variable it refers to."));
                else
                    secrets[entry.Key] = new Secret(value);
            }
        }
    }

    private static bool IsToken(string name) =>
        name.Length is > 0 and <= 128 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.');
}
