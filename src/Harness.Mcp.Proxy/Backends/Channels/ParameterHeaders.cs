using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>
/// The arguments of a tool that a modern HTTP backend wants repeated in `Mcp-Param-*` headers (`x-mcp-header` in its input schema). The
/// values are always rebuilt from the arguments that were decided on.
/// </summary>
internal sealed class ParameterHeaders
{
    private const int DepthMax = 16;
    private const string Keyword = "x-mcp-header";
    private const string TokenCharacters = "!#$%&'*+-.^_`|~";

    private readonly ImmutableArray<(string Header, ImmutableArray<string> Path)> _headers;

    private ParameterHeaders(ImmutableArray<(string, ImmutableArray<string>)> headers) => _headers = headers;

    public static ParameterHeaders None { get; } = new([]);

    /// <summary>Reads the schema's headers. Null where they are misused: no token, twice, or on a value that is no string, integer or boolean.</summary>
    public static ParameterHeaders? Read(JsonElement inputSchema)
    {
        var headers = ImmutableArray.CreateBuilder<(string, ImmutableArray<string>)>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return Collect(inputSchema, [], headers, names) ? new ParameterHeaders(headers.ToImmutable()) : null;
    }

    public IReadOnlyList<KeyValuePair<string, string>> Rebuild(JsonElement arguments)
    {
        if (_headers.IsEmpty)
            return [];
        var values = new List<KeyValuePair<string, string>>(_headers.Length);
        foreach (var (header, path) in _headers)
        {
            var value = arguments;
            if (path.All(step => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(step, out value)) && Text(value) is { } text)
                values.Add(new($"Mcp-Param-{header}", HeaderValue.Encode(text)));
        }

        return values;
    }

    private static bool Collect(
        JsonElement schema,
        ImmutableArray<string> path,
        ImmutableArray<(string, ImmutableArray<string>)>.Builder headers,
        HashSet<string> names)
    {
        if (path.Length > DepthMax)
            return false;
        if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
            return true;

        foreach (var property in properties.EnumerateObject())
        {
            var inner = path.Add(property.Name);
            if (property.Value.ValueKind == JsonValueKind.Object && property.Value.TryGetProperty(Keyword, out var header))
            {
                if (header.ValueKind != JsonValueKind.String || header.GetString() is not { } name
                    || !IsToken(name) || !names.Add(name) || !IsPrimitive(property.Value))
                    return false;
                headers.Add((name, inner));
            }

            if (!Collect(property.Value, inner, headers, names))
                return false;
        }

        return true;
    }

    private static bool IsPrimitive(JsonElement schema)
    {
        if (!schema.TryGetProperty("type", out var type))
            return false;
        var types = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().ToArray() : [type];
        return types.Length > 0
            && types.All(one => one.ValueKind == JsonValueKind.String && one.GetString() is "string" or "integer" or "boolean" or "null")
            && types.Any(one => !one.ValueEquals("null"u8));
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => Plain(value),
        _ => null,
    };

    /// <summary>The same number to its last digit, and a whole one as such, however the body spells it (42.0, 4.2e1).</summary>
    private static string Plain(JsonElement number)
    {
        var text = new ArrayBufferWriter<byte>(32);
        CanonicalJson.Write(number, text);
        return Encoding.ASCII.GetString(text.WrittenSpan);
    }

    private static bool IsToken(string name) =>
        name.Length is > 0 and <= 64 && name.All(character => char.IsAsciiLetterOrDigit(character) || TokenCharacters.Contains(character, StringComparison.Ordinal));
}
