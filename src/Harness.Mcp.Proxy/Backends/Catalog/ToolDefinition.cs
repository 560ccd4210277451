using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Channels;

namespace Harness.Mcp.Proxy.Backends.Catalog;

/// <summary>A tool as a backend published it, found fit to be shown: a sound name, no hidden characters, an input schema that compiles.</summary>
/// <param name="Name">
/// Unique within its backend, and the name of its pin. What is no tool has a reserved one: see <see cref="Reads.ReadDefinition"/>.
/// </param>
internal sealed record ToolDefinition(string Name, JsonElement Json, Digest Digest, JsonSchema Input, ParameterHeaders Headers)
{
    public const int NameLengthMax = 128;
    public const int BytesMax = 256 * 1024;

    /// <summary>Whether this is a tool, and not a prompt or a resource template.</summary>
    public bool IsTool => !ReservedTools.IsReserved(Name);

    /// <summary>Reads all definitions of one list; a tool that is not fit is refused with the reason, and so are all tools of a name that comes twice.</summary>
    public static ImmutableArray<ToolDefinition> ReadAll(IEnumerable<JsonElement> listed, string backend, Action<string, string> refuse)
    {
        var tools = new Dictionary<string, ToolDefinition?>(StringComparer.Ordinal);
        foreach (var json in listed)
        {
            var tool = Read(json, backend, refuse);
            if (tool is not null && !tools.TryAdd(tool.Name, tool))
            {
                refuse(tool.Name, "The backend lists two tools of this name.");
                tools[tool.Name] = null;
            }
        }

        return [.. tools.Values.OfType<ToolDefinition>().OrderBy(tool => tool.Name, StringComparer.Ordinal)];
    }

    public static ToolDefinition? Read(JsonElement json, string backend, Action<string, string> refuse)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("name", out var given)
            || given.ValueKind != JsonValueKind.String || given.GetString() is not { } name)
        {
            refuse("?", "It has no name.");
            return null;
        }

        var shown = VisibleText.Escape(name);
        if (name.Length is 0 or > NameLengthMax || name.Contains('*', StringComparison.Ordinal) || name.EnumerateRunes().Any(VisibleText.IsSuspect))
        {
            refuse(shown.Length > NameLengthMax ? shown[..NameLengthMax] : shown, "Its name is empty, too long, or holds `*` or hidden characters.");
            return null;
        }

        if (ReservedTools.IsReserved(name))
        {
            refuse(shown, "Its name begins like what the proxy calls reads of resources and prompts.");
            return null;
        }

        if (JsonMarshal.GetRawUtf8Value(json).Length > BytesMax)
        {
            refuse(shown, $"Its definition is larger than {BytesMax / 1024} KiB.");
            return null;
        }

        if (HiddenIn(json) is { } place)
        {
            refuse(shown, $"Its definition hides characters from people, at `{VisibleText.Escape(place)}`.");
            return null;
        }

        if (!json.TryGetProperty("inputSchema", out var schema) || schema.ValueKind != JsonValueKind.Object)
        {
            refuse(shown, "It has no input schema.");
            return null;
        }

        var input = JsonSchema.Compile(schema, new SourcePosition($"{backend}/{shown}", 0, 0));
        if (input.Value is not { } compiled)
        {
            refuse(shown, $"Its input schema cannot be used: {VisibleText.Escape(input.Problems[0].ToString())}");
            return null;
        }

        if (ParameterHeaders.Read(schema) is not { } headers)
        {
            refuse(shown, "Its input schema misuses `x-mcp-header`.");
            return null;
        }

        return new ToolDefinition(name, json, Digest.Of(json), compiled, headers);
    }

    /// <summary>Where a text hides characters, as a dotted path; null for nowhere.</summary>
    public static string? HiddenIn(JsonElement value, string path = "")
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return VisibleText.IsCleanProse(value.GetString() ?? "") ? null : path;
            case JsonValueKind.Array:
                return value.EnumerateArray().Select((item, index) => HiddenIn(item, $"{path}[{index}]")).FirstOrDefault(found => found is not null);
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    var inner = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
                    if (!VisibleText.IsCleanProse(member.Name))
                        return inner;
                    if (HiddenIn(member.Value, inner) is { } found)
                        return found;
                }

                return null;
            default:
                return null;
        }
    }
}
