using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.AgentDojo.Corpus;

/// <summary>`[[VECTOR:id]]` in a golden result: a place where an attacker can write.</summary>
internal static partial class VectorMarkers
{
    /// <summary>
    /// The result's text with another text in each marker's place. Text that holds fields (YAML) is written anew, as JSON, since a payload
    /// of several lines put into YAML would not stay inside its field, as it does where a real tool writes its result.
    /// </summary>
    public static string Fill(string text, Func<string, string> textOf)
    {
        if (!Marker().IsMatch(text))
            return text;
        if (YamlReader.Read(text, "result.yaml") is not { IsValid: true, Value: DocumentNode.Map or DocumentNode.List } read)
            return Replace(text, textOf);
        return Fill(JsonNode.Parse(DocumentJson.Write(read.Value).GetRawText())!, textOf).ToJsonString();
    }

    private static JsonNode Fill(JsonNode node, Func<string, string> textOf) => node switch
    {
        JsonObject map => new JsonObject(map.Select(member => KeyValuePair.Create(Replace(member.Key, textOf), member.Value is { } value ? Fill(value, textOf) : null))),
        JsonArray list => new JsonArray([.. list.Select(item => item is null ? null : Fill(item, textOf))]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(Replace(value.GetValue<string>(), textOf)),
        _ => node.DeepClone(),
    };

    private static string Replace(string text, Func<string, string> textOf) => Marker().Replace(text, match => textOf(match.Groups["id"].Value));

    [GeneratedRegex(@"\[\[VECTOR:(?<id>[^\]]+)\]\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Marker();
}
