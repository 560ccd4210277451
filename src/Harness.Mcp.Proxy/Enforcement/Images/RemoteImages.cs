using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends;

namespace Harness.Mcp.Proxy.Enforcement.Images;

/// <summary>
/// Takes images that a client would fetch out of the texts of a result. Whoever writes a text that a model repeats can hide a secret in an image's
/// address, which the client that shows it then asks for without anybody's doing. Images of hosts that the backend's owner lists stay. Texts that agents write
/// back would lose their images, so it is for the owner to want this.
/// </summary>
internal static partial class RemoteImages
{
    /// <summary>Texts deeper than this are in no result that the gate let through.</summary>
    private const int DepthMax = 64;

    // An image that is longer is broken up, so that reading costs the same for every character.
    private const int WordsCharsMax = 1_000;
    private const int AddressCharsMax = 4_000;
    private const int WordsCharsShown = 120;

    private const string TagStart = "<img";

    /// <returns>The result, the same where it shows no such image; and the hosts of those that were taken out, `?` for one without a plain host.</returns>
    public static (JsonElement Result, ImmutableArray<string> Hosts) TakeOut(JsonElement result, ImmutableArray<string> allowed)
    {
        if (!MayShowImages(JsonMarshal.GetRawUtf8Value(result)))
            return (result, []);

        var hosts = ImmutableArray.CreateBuilder<string>();
        var bytes = new ArrayBufferWriter<byte>(JsonMarshal.GetRawUtf8Value(result).Length);
        using (var json = new Utf8JsonWriter(bytes, PooledJson.Options))
            Write(json, result, allowed, hosts, 0);
        return hosts.Count == 0 ? (result, []) : (JsonElement.Parse(bytes.WrittenSpan), [.. hosts.Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>The text without images from elsewhere.</summary>
    /// <param name="hosts">Gets the host of each image that was taken out.</param>
    public static string TakeOut(string text, ImmutableArray<string> allowed, ImmutableArray<string>.Builder hosts)
    {
        StringBuilder? shown = null;
        var copied = 0;
        for (var at = NextMark(text, 0); at >= 0;)
        {
            var (length, instead) = text[at] == '<' ? ReadTag(text, at, allowed, hosts) : ReadMarkdown(text, at, allowed, hosts);
            if (instead is not null)
            {
                (shown ??= new StringBuilder(text.Length)).Append(text, copied, at - copied).Append(instead);
                copied = at + length;
            }

            at = NextMark(text, at + length);
        }

        return shown is null ? text : shown.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>Where the next image may begin, in Markdown or HTML; -1 for nowhere.</summary>
    private static int NextMark(string text, int from)
    {
        while (from < text.Length && text.AsSpan(from).IndexOfAny('!', '<') is var step and >= 0)
        {
            var rest = text.AsSpan(from + step);
            if (rest.StartsWith("![", StringComparison.Ordinal)
                || (rest.StartsWith(TagStart, StringComparison.OrdinalIgnoreCase) && !(rest.Length > TagStart.Length && char.IsAsciiLetterOrDigit(rest[TagStart.Length]))))
                return from + step;
            from += step + 1;
        }

        return -1;
    }

    /// <summary>`![words](address "title")`, also with the address in angle brackets.</summary>
    /// <returns>How much was read, and what stands in its place; null for itself. What is not whole becomes a link, which nobody follows by itself.</returns>
    private static (int Length, string? Instead) ReadMarkdown(string text, int at, ImmutableArray<string> allowed, ImmutableArray<string>.Builder hosts)
    {
        var words = Until(text, at + 2, ']', WordsCharsMax);
        var end = words >= 0 && words + 1 < text.Length && text[words + 1] == '(' ? Until(text, words + 2, ')', AddressCharsMax) : -1;
        if (end < 0)
        {
            hosts.Add("?");
            return (2, "[");
        }

        var address = text[(words + 2)..end].Trim();
        var url = address.StartsWith('<') ? address[1..].Split('>')[0] : address.Split([' ', '\t', '\r', '\n'])[0];
        if (IsAllowed(url, allowed, out var host))
            return (end + 1 - at, null);
        hosts.Add(host);
        return (end + 1 - at, Words(host, text[(at + 2)..words]));
    }

    private static (int Length, string? Instead) ReadTag(string text, int at, ImmutableArray<string> allowed, ImmutableArray<string>.Builder hosts)
    {
        var end = Until(text, at + TagStart.Length, '>', AddressCharsMax);
        if (end < 0)
        {
            hosts.Add("?");
            return (1, "&lt;");
        }

        var length = end + 1 - at;
        if (IsAllowedTag(text.Substring(at, length), allowed, out var host))
            return (length, null);
        hosts.Add(host);
        return (length, Words(host, ""));
    }

    private static int Until(string text, int from, char end, int charsMax) =>
        from < text.Length ? text.IndexOf(end, from, Math.Min(charsMax, text.Length - from)) : -1;

    private static string Words(string host, string words)
    {
        var visible = VisibleText.Escape(words);
        return $"[image of {host} not shown{(visible.Length == 0 ? "" : $": {(visible.Length > WordsCharsShown ? visible[..WordsCharsShown] + "…" : visible)}")}]";
    }

    /// <summary>A tag with one plain source; others that it may have beside it are not looked at.</summary>
    private static bool IsAllowedTag(string tag, ImmutableArray<string> allowed, out string host)
    {
        var sources = Source().Matches(tag);
        host = "?";
        return sources.Count == 1 && IsAllowed(sources[0].Groups["url"].Value, allowed, out host)
            && !tag.Contains("srcset", StringComparison.OrdinalIgnoreCase) && !tag.Contains("style", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Data in the address itself leads nowhere; of others the host counts, letter by letter.</summary>
    private static bool IsAllowed(string url, ImmutableArray<string> allowed, out string host)
    {
        host = "?";
        if (url.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase))
            return true;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http"))
            return false;
        host = VisibleText.Escape(address.IdnHost);
        return address is { Scheme: "https", IsDefaultPort: true, UserInfo.Length: 0 } && allowed.Contains(address.IdnHost, StringComparer.Ordinal);
    }

    /// <summary>A look at the bytes, which may spell any character as an escape.</summary>
    private static bool MayShowImages(ReadOnlySpan<byte> raw) =>
        raw.IndexOf("!["u8) >= 0 || raw.IndexOf("<img"u8) >= 0 || raw.IndexOf("<IMG"u8) >= 0 || raw.IndexOf("\\u00"u8) >= 0
        || (raw.IndexOf((byte)'<') >= 0 && Encoding.UTF8.GetString(raw).Contains("<img", StringComparison.OrdinalIgnoreCase));

    private static void Write(Utf8JsonWriter json, JsonElement value, ImmutableArray<string> allowed, ImmutableArray<string>.Builder hosts, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when depth < DepthMax:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    Write(json, member.Value, allowed, hosts, depth + 1);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array when depth < DepthMax:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(json, item, allowed, hosts, depth + 1);
                json.WriteEndArray();
                break;
            case JsonValueKind.String when MayShowImages(JsonMarshal.GetRawUtf8Value(value)):
                var text = value.GetString()!;
                var shown = TakeOut(text, allowed, hosts);
                if (ReferenceEquals(shown, text) || shown == text)
                    goto default;
                json.WriteStringValue(shown);
                break;
            default:
                json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
                break;
        }
    }

    [GeneratedRegex(@"[\s""'/]src\s*=\s*[""']?(?<url>[^\s""'>]*)", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Source();
}
