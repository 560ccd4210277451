using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Servers;

/// <summary>Something of a client's server that could not be carried over as it stood, and what to do about it.</summary>
/// <param name="Key">Where it stood, such as `headers.Authorization`; empty for the server as a whole.</param>
internal readonly record struct Loss(string Key, string Message, string Remedy);

/// <summary>One server of a client's file in our own form.</summary>
/// <param name="File">Null where the server cannot be carried over at all.</param>
internal sealed record ClientServer(string Written, BackendFile? File, ImmutableArray<Loss> Losses)
{
    /// <summary>Keys that say something of the client, and what stands for them here; null for nothing worth a word.</summary>
    private static readonly ImmutableDictionary<string, string?> OfTheClient = ImmutableDictionary.CreateRange(
        StringComparer.Ordinal,
        [
            KeyValuePair.Create("alwaysAllow", (string?)"Missions say which tools may be called."),
            KeyValuePair.Create("autoApprove", (string?)"Missions say which tools may be called."),
            KeyValuePair.Create("trust", (string?)"Missions say which tools may be called."),
            KeyValuePair.Create("tools", (string?)"Grant the tools by name in missions; what is not granted does not exist for an agent."),
            KeyValuePair.Create("includeTools", (string?)"Grant the tools by name in missions; what is not granted does not exist for an agent."),
            KeyValuePair.Create("disabledTools", (string?)"Grant the other tools by name in missions; what is not granted does not exist for an agent."),
            KeyValuePair.Create("timeout", (string?)"Write it as `\"timeouts\": { \"call\": \"2m\" }` where it matters."),
            KeyValuePair.Create("envFile", (string?)"Write each variable that the server needs into `env`, as `\"NAME\": \"${env:NAME}\"`, and set it for the proxy."),
            KeyValuePair.Create("oauth", (string?)"The proxy signs in nowhere by itself: get it a token, and add `\"headers\": { \"Authorization\": \"Bearer ${env:NAME}\" }`."),
            KeyValuePair.Create("auth", (string?)"The proxy signs in nowhere by itself: get it a token, and add `\"headers\": { \"Authorization\": \"Bearer ${env:NAME}\" }`."),
            KeyValuePair.Create("gallery", (string?)null),
            KeyValuePair.Create("version", (string?)null),
            KeyValuePair.Create("dev", (string?)null),
            KeyValuePair.Create("type", (string?)null),
            KeyValuePair.Create("transport", (string?)null),
            KeyValuePair.Create("disabled", (string?)null),
        ]);

    private static readonly string[] Carried = ["command", "args", "env", "cwd", "url", "headers", "description"];

    public static ClientServer Of(string written, JsonNode? node, ClientFile file, string owner)
    {
        if (Names.ForBackend(written) is not { } name)
            return Nothing(written, $"`{written}` cannot be made a backend's name.", $"Rename it in the client's file. {Names.BackendRule}");
        if (node is not JsonObject server)
            return Nothing(written, "It is no object.", "Correct the client's file.");
        if (server["disabled"] is JsonValue off && off.GetValueKind() == JsonValueKind.True)
            return Nothing(written, "It is switched off there.", "Take `disabled` out of the client's file, and import it again.");
        var typeKey = server["type"] is null ? "transport" : "type";
        var type = Text(server[typeKey]);
        switch (type)
        {
            case null or "stdio" or "local" or "http" or "streamable-http" or "streamableHttp" or "sse":
                break;
            case var other:
                return Nothing(written, $"Its type is `{other}`, which nobody here knows.", "Describe it by `harness servers add`.");
        }

        var values = new ClientValues(name, file.Workspace);
        var connection = new JsonObject();
        foreach (var key in Carried)
            if (server[key] is { } value && values.Carry(key, value) is { } carried)
                connection[key] = carried;
        if (type == "sse" && connection["url"] is not null)
        {
            connection["transport"] = "sse";
            values.Losses.Add(new Loss(
                typeKey, "It speaks HTTP+SSE, a transport that MCP deprecated.", "It works. Where the server has a Streamable HTTP endpoint (mostly `/mcp`), write that into `url` and take `transport` away."));
        }

        foreach (var (key, _) in server)
            if (OfTheClient.TryGetValue(key, out var remedy) && remedy is not null && !IsAll(key, server[key]))
                values.Losses.Add(new Loss(key, "It is a setting of the client.", remedy));
            else if (!OfTheClient.ContainsKey(key) && !Carried.Contains(key, StringComparer.Ordinal))
                values.Losses.Add(new Loss(key, "Nobody here knows the key.", "Look at the keys of `servers.config` for what it is meant to do."));
        return new ClientServer(written, new BackendFile(name, owner, StandardForm.Undescribed, connection), [.. values.Losses]);
    }

    private static ClientServer Nothing(string written, string message, string remedy) => new(written, null, [new Loss("", message, remedy)]);

    /// <summary>A choice of tools that leaves none out.</summary>
    private static bool IsAll(string key, JsonNode? value) => key == "tools" && value is JsonArray { Count: 1 } list && Text(list[0]) == "*";

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
