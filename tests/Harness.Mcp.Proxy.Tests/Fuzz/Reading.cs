using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Wire;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Harness.Mcp.Proxy.Tests.Fuzz;

/// <summary>
/// What a parser read, in a spelling that the scripts for other languages share, so that two readings are alike exactly if their spellings are
/// equal: text as UTF-16 in hexadecimal, members sorted, and a number as the decimal that the parser writes back for what it keeps of
/// it. So a reader that lost a digit spells another number than was sent.
/// </summary>
internal static class Reading
{
    /// <summary>What the proxy took from the message, and so decides on and forwards: numbers as they were spelled.</summary>
    public static string Ours(AgentMessage message)
    {
        var members = new List<(string, string)> { ("jsonrpc", OfText("2.0")), ("method", OfText(message.Method)) };
        if (message.Id is { } id) members.Add(("id", Ours(id)));
        if (message.Params is { } parameters) members.Add(("params", Ours(parameters)));
        return OfMembers(members);
    }

    public static string Ours(JsonElement value) => Of(value, one => OfNumber(one.GetRawText()));

    /// <summary>What System.Text.Json reads by itself, without the gate's options.</summary>
    public static string OfSystemTextJson(ReadOnlySpan<byte> body) =>
        JsonNode.Parse(body) is { } root ? Of(root.Deserialize<JsonElement>(), Rounded) : "0";

    /// <summary>What the C# SDK takes for the name and the arguments of a call.</summary>
    public static string OfSdk(ReadOnlySpan<byte> body)
    {
        var request = (JsonRpcRequest)JsonSerializer.Deserialize<JsonRpcMessage>(body, McpJsonUtilities.DefaultOptions)!;
        var call = request.Params.Deserialize<CallToolRequestParams>(McpJsonUtilities.DefaultOptions)!;
        return OfCall(call.Name, OfMembers((call.Arguments ?? new Dictionary<string, JsonElement>()).Select(one => (one.Key, Of(one.Value, Rounded)))));
    }

    /// <param name="arguments">As a reading.</param>
    public static string OfCall(string name, string arguments) => OfMembers([("name", OfText(name)), ("arguments", arguments)]);

    public static string OfMembers(IEnumerable<(string Key, string Reading)> members) =>
        $"{{{string.Join(',', members.Select(member => (Key: Hex(member.Key), member.Reading)).OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}:{member.Reading}"))}}}";

    public static string OfText(string text) => '"' + Hex(text);

    /// <param name="text">A number as JSON spells it, or as .NET does.</param>
    public static string OfNumber(string text)
    {
        var sign = text.StartsWith('-') ? "-" : "";
        var parts = text[sign.Length..].Split('e', 'E');
        var (whole, fraction) = parts[0].Split('.') is [var before, var after] ? (before, after) : (parts[0], "");
        if (!char.IsAsciiDigit(whole[0])) return 'n' + text;

        var written = whole + fraction;
        var digits = written.TrimStart('0');
        var point = whole.Length - (written.Length - digits.Length) + (parts.Length > 1 ? BigInteger.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        return digits.Length == 0 ? "n0" : $"n{sign}{digits.TrimEnd('0')}e{point.ToString(CultureInfo.InvariantCulture)}";
    }

    private static string Rounded(JsonElement number) => OfNumber(number.GetDouble().ToString("R", CultureInfo.InvariantCulture));

    private static string Of(JsonElement value, Func<JsonElement, string> number) => value.ValueKind switch
    {
        JsonValueKind.Object => OfMembers(value.EnumerateObject().Select(member => (member.Name, Of(member.Value, number)))),
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(item => Of(item, number)))}]",
        JsonValueKind.String => OfText(value.GetString()!),
        JsonValueKind.Number => number(value),
        JsonValueKind.True => "t",
        JsonValueKind.False => "f",
        _ => "0",
    };

    private static string Hex(string text) => Convert.ToHexStringLower(MemoryMarshal.AsBytes(text.AsSpan()));
}
