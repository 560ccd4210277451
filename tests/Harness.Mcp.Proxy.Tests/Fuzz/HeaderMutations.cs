using System.Text;
using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Tests.Fuzz;

/// <summary>The headers that repeat parts of a body, and what bends them away from it.</summary>
internal static class HeaderMutations
{
    private static readonly string[] Names = ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Param-Region", "Mcp-Param-Zone", "Mcp-Param-Urgent"];

    private static readonly string[] Values =
    [
        "", " ", "tools/call", "tools/list", "TOOLS/CALL", "geo_find", "mail_send", "2026-07-28", "2025-11-25", "2099-01-01", "Zürich", "North", "true", "True", "false", "null", "undefined",
        "42", "42.0", "4.2e1", "420e-1", "+42", "042", " 42", "42 ", "0x2a", "4_2", "4,2", "42n", "42.", ".42e2", "-0", "0", "-1", "-1.0", "9007199254740991", "9007199254740992", "9007199254740993",
        "9223372036854775807", "-9223372036854775808", "18446744073709551616", "42.00000000000000000000000000000000000000001", "41.99999999999999999999999999999999999999999", "1e400", "NaN", "\u0664\u0662",
        "=?base64??=", "=?base64?", "=?base64?=", "=?base64?YQ?=", "=?base64?YQ==?=", "=?base64?YR==?=", "=?base64?/w==?=", "=?base64?7aCA?=", "=?base64?!!?=", "=?BASE64?bWFpbF9zZW5k?=",
        "=?base64?NDI=?=", "=?base64?bWFpbF9zZW5k?=", "=?base64?bWFpbF9z ZW5k?=", "=?base64?bWFpbF9zZW5k?= ", "=?utf-8?Q?mail?=", "=?base64?Z2VvX2ZpbmQ=?=", "=?base64?Z2VvX2ZpbmQ?=", "=?base64?WsO8cmljaA==?=", "=?base64?WsO8cmljaA?=",
    ];

    /// <summary>What an honest client sends with this body; nothing where the body cannot be read.</summary>
    public static List<KeyValuePair<string, string>> Mirror(byte[] body, bool isModern)
    {
        var headers = new List<KeyValuePair<string, string>>();
        try
        {
            var root = JsonElement.Parse(body);
            if (isModern) headers.Add(new(Names[0], Text(root, "params", "_meta", "io.modelcontextprotocol/protocolVersion") ?? "2026-07-28"));
            Add(Names[1], "method");
            Add(Names[2], "params", Text(root, "method") == "resources/read" ? "uri" : "name");
            Add(Names[3], "params", "arguments", "region");
            Add(Names[4], "params", "arguments", "zone");
            Add(Names[5], "params", "arguments", "flags", "urgent");

            void Add(string header, params string[] path)
            {
                if (Text(root, path) is { } text) headers.Add(new(header, HeaderValue.Encode(text)));
            }
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // Headers that say nothing go with a body that says nothing.
        }

        return headers;
    }

    public static void Bend(List<KeyValuePair<string, string>> headers, Random random)
    {
        if (headers.Count == 0 || random.Next(5) == 0)
        {
            headers.Add(new(Spellings.Pick(random, Names), Spellings.Pick(random, Values)));
            return;
        }

        var at = random.Next(headers.Count);
        var (name, value) = headers[at];
        headers[at] = new(name, random.Next(6) switch
        {
            0 => $"=?base64?{Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}?=",
            1 => value.ToUpperInvariant(),
            2 => value + Spellings.Pick(random, [" ", "\t", "\0", ".0", "0", "e0", "?=", "\u00a0"]),
            3 => headers[random.Next(headers.Count)].Value,
            _ => Spellings.Pick(random, Values),
        });
        if (random.Next(8) == 0) headers.RemoveAt(random.Next(headers.Count));
        if (random.Next(8) == 0) headers.Add(new(name.ToLowerInvariant(), value));
    }

    private static string? Text(JsonElement value, params string[] path)
    {
        foreach (var name in path)
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value)) return null;
        }

        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => null,
        };
    }
}
