using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Protocol;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// The arguments that a tool's schema wants repeated as `Mcp-Param-…` headers (`x-mcp-header`), each held against the body.
/// </summary>
internal sealed record ParameterHeaders(ImmutableArray<ParameterHeaders.Mirrored> All)
{
    private const int DepthMax = 16;

    public static ParameterHeaders None { get; } = new([]);

    internal sealed record Mirrored(string Header, ImmutableArray<string> Path, bool IsInteger);

    public static ParameterHeaders Of(JsonElement definition)
    {
        var found = ImmutableArray.CreateBuilder<Mirrored>();
        if (Member(definition, "inputSchema") is { } schema) Collect(schema, [], found);
        return found.Count == 0 ? None : new ParameterHeaders(found.ToImmutable());
    }

    public WireError? Check(IHeaderDictionary headers, JsonElement? arguments)
    {
        foreach (var mirrored in All)
        {
            var error = CheckOne(mirrored, headers[MirroredHeaders.ParameterPrefix + mirrored.Header], ValueAt(arguments, mirrored.Path));
            if (error is not null) return error;
        }

        return null;
    }

    /// <summary>The headers that a request with these arguments must carry, ready to send.</summary>
    public IEnumerable<(string Header, string Value)> Mirror(JsonElement? arguments)
    {
        foreach (var mirrored in All)
        {
            if (ValueAt(arguments, mirrored.Path) is { } value && McpHeaderEncoder.ConvertToHeaderValue(value) is { } text)
            {
                yield return (MirroredHeaders.ParameterPrefix + mirrored.Header, text);
            }
        }
    }

    private static WireError? CheckOne(Mirrored mirrored, Microsoft.Extensions.Primitives.StringValues given, JsonElement? inBody)
    {
        var header = MirroredHeaders.ParameterPrefix + mirrored.Header;
        var argument = string.Join('.', mirrored.Path);
        if (inBody is not { ValueKind: not JsonValueKind.Null } value)
        {
            return given.Count == 0 ? null : WireError.Mismatch($"The {header} header is there, and argument `{WireError.Quote(argument)}` is not: leave both out or send both.");
        }

        if (given.Count == 0) return WireError.Mismatch($"The {header} header is missing: send it with the value of argument `{WireError.Quote(argument)}`.");
        if (given.Count > 1) return WireError.Mismatch($"The {header} header is there {given.Count} times: send it once.");

        var decoded = MirroredHeaders.Decode(given[0]);
        return decoded is not null && IsSame(decoded, value, mirrored.IsInteger)
            ? null
            : WireError.Mismatch($"The {header} header is not the value of argument `{WireError.Quote(argument)}`: send the same value (non-ASCII as =?base64?…?=).");
    }

    private static bool IsSame(string header, JsonElement value, bool isInteger) => value.ValueKind switch
    {
        JsonValueKind.String => value.ValueEquals(header),
        JsonValueKind.True => header is "true",
        JsonValueKind.False => header is "false",
        JsonValueKind.Number when isInteger => IntegerOf(header) is { } given && given == IntegerOf(value.GetRawText()),
        JsonValueKind.Number => string.Equals(header, value.GetRawText(), StringComparison.Ordinal),
        _ => false,
    };

    private static long? IntegerOf(string text)
    {
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return long.TryParse(text, Styles, CultureInfo.InvariantCulture, out var value) && value is >= -NumberText.IntegerMax and <= NumberText.IntegerMax ? value : null;
    }

    private static JsonElement? ValueAt(JsonElement? value, ImmutableArray<string> path)
    {
        foreach (var name in path)
        {
            if (value is not { } parent) return null;
            value = Member(parent, name);
        }

        return value;
    }

    private static void Collect(JsonElement schema, ImmutableArray<string> path, ImmutableArray<Mirrored>.Builder found)
    {
        if (path.Length >= DepthMax || Member(schema, "properties") is not { ValueKind: JsonValueKind.Object } properties) return;

        foreach (var property in properties.EnumerateObject())
        {
            var here = path.Add(property.Name);
            if (Member(property.Value, "x-mcp-header") is { ValueKind: JsonValueKind.String } name && name.GetString() is { Length: > 0 } header)
            {
                found.Add(new Mirrored(header, here, IsInteger(property.Value)));
            }

            Collect(property.Value, here, found);
        }
    }

    private static bool IsInteger(JsonElement schema) => Member(schema, "type") switch
    {
        { ValueKind: JsonValueKind.String } type => type.ValueEquals("integer"),
        { ValueKind: JsonValueKind.Array } types => types.EnumerateArray().Any(type => type.ValueKind == JsonValueKind.String && type.ValueEquals("integer")),
        _ => false,
    };

    private static JsonElement? Member(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) ? member : null;
}
