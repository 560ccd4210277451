using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Channels;

namespace Harness.Mcp.Proxy.Backends.Reads;

/// <summary>What a backend offers besides tools that is pinned like their definitions.</summary>
internal enum ReadKind
{
    Prompt,

    /// <summary>A resource template. Resources themselves come and go, and are not pinned.</summary>
    Template,

    /// <summary>What the backend says to models about itself.</summary>
    Instructions,
}

/// <summary>
/// Prompts, resource templates and instructions as definitions, so that they are pinned, drift and are approved as tools are. Their pins
/// have names that no tool may have: `prompts/NAME`, `resources/TEMPLATE`, `server/instructions`.
/// </summary>
internal static class ReadDefinition
{
    private const string PromptPrefix = "prompts/";
    private const string TemplatePrefix = "resources/";
    private const string InstructionsName = "server/instructions";

    /// <summary>Prompt arguments, and what is in braces of a template.</summary>
    private const int ArgumentsMax = 100;

    /// <summary>The kind and the own name (of a prompt, or the template's text); null for a tool.</summary>
    public static (ReadKind Kind, string Name)? OwnName(string definition) =>
        definition.StartsWith(PromptPrefix, StringComparison.Ordinal) ? (ReadKind.Prompt, definition[PromptPrefix.Length..])
        : definition.StartsWith(TemplatePrefix, StringComparison.Ordinal) ? (ReadKind.Template, definition[TemplatePrefix.Length..])
        : string.Equals(definition, InstructionsName, StringComparison.Ordinal) ? (ReadKind.Instructions, "")
        : null;

    /// <summary>All that is pinned of one list of a backend's; what is not fit is refused with the reason, and so is all of a name that comes twice.</summary>
    public static IEnumerable<ToolDefinition> ReadAll(ReadKind kind, IEnumerable<JsonElement> listed, Action<string, string> refuse)
    {
        var found = new Dictionary<string, ToolDefinition?>(StringComparer.Ordinal);
        foreach (var json in listed)
        {
            if (Read(kind, json, refuse) is not { } definition || found.TryAdd(definition.Name, definition))
                continue;
            refuse(definition.Name, "The backend lists two of this name.");
            found[definition.Name] = null;
        }

        return found.Values.OfType<ToolDefinition>();
    }

    /// <summary>The definition that a pin keeps, whatever it is of.</summary>
    public static ToolDefinition? OfPin(string name, JsonElement json, string backend, Action<string, string> refuse) =>
        OwnName(name) is (var kind, _) ? Read(kind, json, refuse) : ToolDefinition.Read(json, backend, refuse);

    /// <summary>Instructions as a definition.</summary>
    public static JsonElement OfInstructions(string text) => JsonSerializer.SerializeToElement(new JsonObject { ["instructions"] = text });

    private static ToolDefinition? Read(ReadKind kind, JsonElement json, Action<string, string> refuse)
    {
        var (key, prefix) = kind switch
        {
            ReadKind.Prompt => ("name", PromptPrefix),
            ReadKind.Template => ("uriTemplate", TemplatePrefix),
            _ => ("instructions", InstructionsName),
        };
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(key, out var given) || given.ValueKind != JsonValueKind.String || given.GetString() is not { Length: > 0 } own)
        {
            refuse($"{prefix}?", $"It has no `{key}`.");
            return null;
        }

        var name = kind == ReadKind.Instructions ? InstructionsName : prefix + own;
        var shown = VisibleText.Escape(name.Length > ToolDefinition.NameLengthMax ? name[..ToolDefinition.NameLengthMax] : name);
        if (Unfit(kind, own, json) is { } reason)
        {
            refuse(shown, reason);
            return null;
        }

        var input = kind == ReadKind.Prompt ? PromptInput(json) : new JsonObject();
        if (input is null)
        {
            refuse(shown, "Its arguments have a wrong shape.");
            return null;
        }

        return new ToolDefinition(name, json, Digest.Of(json), Compile(JsonSerializer.SerializeToElement(input)), ParameterHeaders.None);
    }

    private static string? Unfit(ReadKind kind, string own, JsonElement json)
    {
        if (kind == ReadKind.Prompt && (own.Length > ToolDefinition.NameLengthMax || own.EnumerateRunes().Any(VisibleText.IsSuspect)))
            return "Its name is too long, or holds hidden characters.";
        if (kind == ReadKind.Template && UriPattern.Parse(own) is not { IsTemplate: true })
            return "Its `uriTemplate` is no URI template.";
        if (JsonMarshal.GetRawUtf8Value(json).Length > ToolDefinition.BytesMax)
            return $"It is larger than {ToolDefinition.BytesMax / 1024} KiB.";
        return ToolDefinition.HiddenIn(json) is { } place ? $"It hides characters from people, at `{VisibleText.Escape(place)}`." : null;
    }

    /// <summary>The schema of what `prompts/get` may be asked; null where the prompt's arguments cannot be read.</summary>
    private static JsonObject? PromptInput(JsonElement prompt)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        if (prompt.TryGetProperty("arguments", out var arguments))
        {
            if (arguments.ValueKind != JsonValueKind.Array || arguments.GetArrayLength() > ArgumentsMax)
                return null;
            foreach (var argument in arguments.EnumerateArray())
            {
                if (argument.ValueKind != JsonValueKind.Object || !argument.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String
                    || !properties.TryAdd(name.GetString()!, new JsonObject { ["type"] = "string" }))
                    return null;
                if (argument.TryGetProperty("required", out var needed) && needed.ValueKind == JsonValueKind.True)
                    required.Add(name.GetString());
            }
        }

        var needsAny = required.Count > 0;
        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["name"] = new JsonObject { ["type"] = "string" },
                ["arguments"] = new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required, ["additionalProperties"] = false },
            },
            ["required"] = needsAny ? new JsonArray("name", "arguments") : new JsonArray("name"),
            ["additionalProperties"] = false,
        };
    }

    private static JsonSchema Compile(JsonElement schema) =>
        JsonSchema.Compile(schema, new SourcePosition("prompt", 0, 0)).Value ?? throw new InvalidOperationException("A schema of ours does not compile.");
}
