using System.Globalization;
using System.Text.Json;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>Writes arguments by OpenAPI's styles. Each text is percent-encoded but for letters, digits and `-._~`, whatever a document allows.</summary>
internal static class ParameterText
{
    /// <summary>The text of a path expression, such as `.a.b`.</summary>
    /// <exception cref="ArgumentRefusedException">The value cannot be written so.</exception>
    public static string InPath(ApiParameter parameter, JsonElement value)
    {
        var name = Encode(parameter.Name);
        return parameter.Form switch
        {
            ParameterForm.Json => Encode(value.GetRawText()),
            ParameterForm.Label => "." + List(parameter, value, parameter.IsExploded ? "." : ",", Encode),
            ParameterForm.Matrix when !IsScalar(value) && !parameter.IsExploded => $";{name}={List(parameter, value, ",", Encode)}",
            ParameterForm.Matrix when value.ValueKind == JsonValueKind.Object => ";" + List(parameter, value, ";", Encode),
            ParameterForm.Matrix => string.Concat(Items(parameter, value).Select(item => $";{name}={Encode(item)}")),
            _ => List(parameter, value, ",", Encode),
        };
    }

    /// <summary>Pairs of a query, encoded: `name=value`.</summary>
    /// <exception cref="ArgumentRefusedException">The value cannot be written so.</exception>
    public static IEnumerable<string> InQuery(ApiParameter parameter, JsonElement value)
    {
        var name = Encode(parameter.Name);
        switch (parameter.Form)
        {
            case ParameterForm.Json:
                return [$"{name}={Encode(value.GetRawText())}"];
            case ParameterForm.DeepObject when value.ValueKind == JsonValueKind.Object:
                return [.. Members(parameter, value).Select(member => $"{Encode($"{parameter.Name}[{member.Name}]")}={Encode(member.Text)}")];
            case ParameterForm.SpaceDelimited or ParameterForm.PipeDelimited when !IsScalar(value) && !parameter.IsExploded:
                return Joined(name, List(parameter, value, parameter.Form == ParameterForm.SpaceDelimited ? "%20" : "%7C", Encode));
            case var _ when value.ValueKind == JsonValueKind.Object && parameter.IsExploded:
                return [.. Members(parameter, value).Select(member => $"{Encode(member.Name)}={Encode(member.Text)}")];
            case var _ when parameter.IsExploded || IsScalar(value):
                return [.. Items(parameter, value).Select(item => $"{name}={Encode(item)}")];
            default:
                return Joined(name, List(parameter, value, ",", Encode));
        }
    }

    /// <summary>The value of a header, not encoded: visible characters of ASCII alone, so that it stays one header.</summary>
    /// <exception cref="ArgumentRefusedException">The value cannot be written so.</exception>
    public static string InHeader(ApiParameter parameter, JsonElement value)
    {
        var text = parameter.Form == ParameterForm.Json ? value.GetRawText() : List(parameter, value, ",", item => item);
        if (text.AsSpan().ContainsAnyExceptInRange(' ', '~') || text.StartsWith(' ') || text.EndsWith(' '))
            throw new ArgumentRefusedException($"The argument `{parameter.Argument}` becomes a header, which holds visible ASCII characters alone, and no spaces at its ends.");
        return text;
    }

    /// <exception cref="ArgumentRefusedException">The value cannot be written so.</exception>
    public static string InCookie(ApiParameter parameter, JsonElement value) => parameter.Form == ParameterForm.Json || IsScalar(value)
        ? $"{parameter.Name}={Encode(parameter.Form == ParameterForm.Json ? value.GetRawText() : Text(parameter, value))}"
        : throw new ArgumentRefusedException($"The argument `{parameter.Argument}` becomes a cookie, which holds one text, number or boolean.");

    public static string Encode(string text) => Uri.EscapeDataString(text);

    private static IEnumerable<string> Joined(string name, string list) => list.Length == 0 ? [] : [$"{name}={list}"];

    /// <summary>The items of a list, or names and values of an object (`name=value` where it is exploded), or the one value.</summary>
    private static string List(ApiParameter parameter, JsonElement value, string separator, Func<string, string> encode) => value.ValueKind == JsonValueKind.Object
        ? string.Join(separator, Members(parameter, value).Select(member => parameter.IsExploded
            ? $"{encode(member.Name)}={encode(member.Text)}"
            : $"{encode(member.Name)}{separator}{encode(member.Text)}"))
        : string.Join(separator, Items(parameter, value).Select(encode));

    private static IEnumerable<string> Items(ApiParameter parameter, JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray().Select(item => Text(parameter, item))
        : [Text(parameter, value)];

    private static IEnumerable<(string Name, string Text)> Members(ApiParameter parameter, JsonElement value) =>
        value.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null).Select(member => (member.Name, Text(parameter, member.Value)));

    private static bool IsScalar(JsonElement value) => value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object);

    private static string Text(ApiParameter parameter, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Whole(parameter, value),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw new ArgumentRefusedException($"The argument `{parameter.Argument}` holds a value that its style `{parameter.Form.ToString().ToLower(CultureInfo.InvariantCulture)}` cannot write: only texts, numbers and booleans stand in it."),
    };

    /// <summary>Half a surrogate pair would become another character on the way.</summary>
    private static string Whole(ApiParameter parameter, JsonElement value)
    {
        try
        {
            return value.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            throw new ArgumentRefusedException($"The argument `{parameter.Argument}` holds half of a character.");
        }
    }
}
