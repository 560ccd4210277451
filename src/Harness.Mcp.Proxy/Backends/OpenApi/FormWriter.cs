using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>Writes the argument `body` as a form. No member sets another one's value, or anything of a part but its bytes.</summary>
internal static class FormWriter
{
    private const string FileType = "application/octet-stream";
    private const string JsonType = "application/json";

    /// <exception cref="ArgumentRefusedException">The value cannot be written as a form.</exception>
    public static ByteArrayContent Write(BodyShape shape, JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw new ArgumentRefusedException($"The argument `{RequestShape.BodyArgument}` becomes a form, so it must be an object.");
        if (shape.Form == BodyForm.UrlEncoded)
            return new ByteArrayContent(Encoding.ASCII.GetBytes(string.Join('&', Pairs(shape, body)))) { Headers = { ContentType = MediaTypeHeaderValue.Parse(shape.MediaType) } };

        // Nobody who wrote a part could know it.
        var boundary = $"harness-{Guid.NewGuid():N}";
        var type = MediaTypeHeaderValue.Parse(shape.MediaType);
        type.Parameters.Clear();
        type.Parameters.Add(new NameValueHeaderValue("boundary", boundary));
        return new ByteArrayContent(Parts(shape, body, boundary)) { Headers = { ContentType = type } };
    }

    private static List<string> Pairs(BodyShape shape, JsonElement body)
    {
        var owners = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var pairs = new List<string>();
        foreach (var member in Given(body))
        {
            var field = shape.Field(member.Name);
            if (field.Form == ParameterForm.Form && member.Value.ValueKind == JsonValueKind.Object)
                throw Unfit(member.Name, "holds an object, which its form has no way to write");
            var parameter = new ApiParameter(member.Name, ArgumentOf(member.Name), ParameterPlace.Query, field.Form, field.IsExploded, IsRequired: false);
            foreach (var pair in ParameterText.InQuery(parameter, member.Value))
            {
                var name = pair[..pair.IndexOf('=', StringComparison.Ordinal)];
                if (!owners.TryAdd(name, member.Name) && owners[name] != member.Name)
                    throw Unfit(member.Name, $"names `{VisibleText.Escape(Uri.UnescapeDataString(name))}`, which is another member's");
                pairs.Add(pair);
            }
        }

        return pairs;
    }

    private static byte[] Parts(BodyShape shape, JsonElement body, string boundary)
    {
        using var bytes = new MemoryStream();
        foreach (var member in Given(body))
        {
            var field = shape.Field(member.Name);
            var items = member.Value.ValueKind == JsonValueKind.Array && field.Form != ParameterForm.Json ? [.. member.Value.EnumerateArray()] : (JsonElement[])[member.Value];
            foreach (var item in items)
            {
                var (content, type) = PartOf(field, item);
                var name = Quoted(member.Name);
                Write($"--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{(field.IsFile ? $"; filename=\"{name}\"" : "")}\r\n{(type is null ? "" : $"Content-Type: {type}\r\n")}\r\n");
                bytes.Write(content);
                Write("\r\n");
            }
        }

        Write($"--{boundary}--\r\n");
        return bytes.ToArray();

        void Write(string text) => bytes.Write(Encoding.UTF8.GetBytes(text));
    }

    private static (byte[] Content, string? Type) PartOf(FormField field, JsonElement item)
    {
        if (field.IsFile)
            return item.ValueKind == JsonValueKind.String && item.TryGetBytesFromBase64(out var file)
                ? (file, field.MediaType ?? FileType)
                : throw Unfit(field.Name, "is a file, so it must be its bytes in base64");
        if (field.Form == ParameterForm.Json || item.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
            return (Encoding.UTF8.GetBytes(item.GetRawText()), field.MediaType is { } type && MediaTypes.IsJson(type) ? type : JsonType);
        return (Encoding.UTF8.GetBytes(item.ValueKind == JsonValueKind.String ? item.GetString()! : item.GetRawText()), field.MediaType);
    }

    private static IEnumerable<JsonProperty> Given(JsonElement body) => body.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null);

    /// <summary>A name as it stands in a part's header: what would end it is encoded as browsers do, and what would begin another line is refused.</summary>
    private static string Quoted(string name) => name.Any(char.IsControl)
        ? throw Unfit(name, "has a control character in its name")
        : name.Replace("\"", "%22", StringComparison.Ordinal);

    private static string ArgumentOf(string member) => $"{RequestShape.BodyArgument}.{VisibleText.Escape(member)}";

    private static ArgumentRefusedException Unfit(string member, string why) => new($"The argument `{ArgumentOf(member)}` {why}.");
}
