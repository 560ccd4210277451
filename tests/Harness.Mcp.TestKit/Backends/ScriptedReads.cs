using System.Text.Json.Nodes;

namespace Harness.Mcp.TestKit.Backends;

/// <summary>
/// What a scripted backend has besides tools: resources `note://1` and `note://2`, the template `note://{id}` for all of them, the prompts
/// `greet` (with the argument `name`) and `plain`, and completions.
/// </summary>
public sealed class ScriptedReads
{
    private readonly Lock _access = new();
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
