using System.Text.Json.Nodes;

namespace Harness.Mcp.TestKit.Backends;

/// <summary>
/// What a scripted backend has besides tools: resources `note://1` and `note://2`, the template `note://{id}` for all of them, the prompts
/// `greet` (with the argument `name`) and `plain`, and completions.
/// </summary>
public sealed class ScriptedReads
{
    private readonly Lock _access = new();
    private readonly HashSet<string> _subscribed = new(StringComparer.Ordinal);
    private readonly List<(JsonNode Id, string[] Uris, Func<string, Task> Send)> _streams = [];
    private readonly SortedDictionary<string, string> _notes = new(StringComparer.Ordinal) { ["note://1"] = "{\"note\":\"first\"}", ["note://2"] = "Second note." };

    /// <summary>Changes a resource, or removes it where there is no text.</summary>
    /// <returns>Whether the list is another one now.</returns>
    public bool Put(string uri, string? text)
    {
        lock (_access)
        {
            if (text is null)
                return _notes.Remove(uri);
            var isNew = !_notes.ContainsKey(uri);
            _notes[uri] = text;
            return isNew;
        }
    }

    /// <summary>Keeps a stream of the newer era, on which changes of these resources are told.</summary>
    public void Listen(JsonNode id, IEnumerable<string> uris, Func<string, Task> send)
    {
        lock (_access)
            _streams.Add((id.DeepClone(), [.. uris], send));
    }

    /// <summary>Forgets a stream that its client cancelled.</summary>
    public void Unlisten(JsonNode id)
    {
        lock (_access)
            _streams.RemoveAll(stream => JsonNode.DeepEquals(stream.Id, id));
    }

    /// <summary>Tells whoever subscribed to the resource that it changed.</summary>
    /// <param name="send">The way of the older era, which has no streams of its own.</param>
    public async Task TellAsync(string uri, Func<string, Task> send)
    {
        bool isSubscribed;
        List<(JsonNode Id, string[] Uris, Func<string, Task> Send)> streams;
        lock (_access)
        {
            isSubscribed = _subscribed.Contains(uri);
            streams = [.. _streams.Where(stream => stream.Uris.Contains(uri))];
        }

        if (isSubscribed)
            await send(Updated(uri, null));
        foreach (var stream in streams)
        {
            try
            {
                await stream.Send(Updated(uri, stream.Id));
            }
            catch (Exception gone) when (gone is OperationCanceledException or InvalidOperationException or ObjectDisposedException)
            {
                lock (_access)
                    _streams.Remove(stream); // The client closed it.
            }
        }
    }

    /// <summary>A tool's result that links a resource and embeds it.</summary>
    public static JsonObject Linked(string uri) => new()
    {
        ["content"] = new JsonArray(
            new JsonObject { ["type"] = "text", ["text"] = $"See {uri}." },
            new JsonObject { ["type"] = "resource_link", ["uri"] = uri, ["name"] = "a note" },
            new JsonObject { ["type"] = "resource", ["resource"] = new JsonObject { ["uri"] = uri, ["text"] = "embedded" } }),
    };

    /// <summary>Null where there is no such method, or no such resource.</summary>
    public JsonObject? Answer(string method, JsonObject parameters)
    {
        lock (_access)
        {
            return method switch
            {
                "resources/list" => new JsonObject
                {
                    ["resources"] = new JsonArray([.. _notes.Keys.Select(uri => new JsonObject { ["uri"] = uri, ["name"] = $"note {uri[7..]}", ["mimeType"] = "text/plain", ["odd"] = 1 })]),
                },
                "resources/templates/list" => new JsonObject
                {
                    ["resourceTemplates"] = new JsonArray(new JsonObject { ["uriTemplate"] = "note://{id}", ["name"] = "any note" }),
                },
                "resources/subscribe" => Subscribed(parameters["uri"]!.GetValue<string>(), isOn: true),
                "resources/unsubscribe" => Subscribed(parameters["uri"]!.GetValue<string>(), isOn: false),
                "resources/read" => Read(parameters["uri"]!.GetValue<string>()),
                "prompts/list" => new JsonObject
                {
                    ["prompts"] = new JsonArray(
                        new JsonObject
                        {
                            ["name"] = "greet",
                            ["description"] = "Greets somebody.",
                            ["arguments"] = new JsonArray(new JsonObject { ["name"] = "name", ["required"] = true }),
                        },
                        new JsonObject { ["name"] = "plain", ["description"] = "Says one thing." }),
                },
                "prompts/get" => Prompt(parameters["name"]!.GetValue<string>(), parameters["arguments"]?["name"]?.GetValue<string>()),
                "completion/complete" => new JsonObject
                {
                    ["completion"] = new JsonObject { ["values"] = new JsonArray(parameters["argument"]!["value"]!.GetValue<string>() + "-completed", parameters["ref"]!.ToJsonString()), ["hasMore"] = false },
                },
                _ => null,
            };
        }
    }

    private static string Updated(string uri, JsonNode? subscription)
    {
        var parameters = new JsonObject { ["uri"] = uri };
        if (subscription is not null)
            parameters["_meta"] = new JsonObject { ["io.modelcontextprotocol/subscriptionId"] = subscription.DeepClone() };
        return new JsonObject { ["jsonrpc"] = "2.0", ["method"] = "notifications/resources/updated", ["params"] = parameters }.ToJsonString();
    }

    private JsonObject Subscribed(string uri, bool isOn)
    {
        if (isOn)
            _subscribed.Add(uri);
        else
            _subscribed.Remove(uri);
        return [];
    }

    private static JsonObject Prompt(string name, string? who) => new()
    {
        ["description"] = "A prompt.",
        ["messages"] = new JsonArray(new JsonObject
        {
            ["role"] = "user",
            ["content"] = new JsonObject { ["type"] = "text", ["text"] = name == "greet" ? $"Say hello to {who}." : "Say one thing." },
        }),
    };

    private JsonObject? Read(string uri) => _notes.TryGetValue(uri, out var text)
        ? new JsonObject { ["contents"] = new JsonArray(new JsonObject { ["uri"] = uri, ["mimeType"] = "text/plain", ["text"] = text }) }
        : null;
}
