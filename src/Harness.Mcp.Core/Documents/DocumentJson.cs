using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace Harness.Mcp.Core.Documents;

/// <summary>Documents as JSON and back. Scalars keep their kind and numbers their spelling; only the places get lost.</summary>
public static class DocumentJson
{
    /// <summary>As deep as a document may be, both ways.</summary>
    public const int DepthMax = 64;

    /// <exception cref="JsonException">A number is not spelled as JSON spells it; readers of documents see to that.</exception>
    public static JsonElement Write(DocumentNode document)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { MaxDepth = DepthMax }))
            Write(document, writer);
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    /// <summary>Reads a JSON value as a document. No place in it is known but <paramref name="file"/>.</summary>
    public static Parsed<DocumentNode> Read(JsonElement value, string file)
    {
        var problems = ImmutableArray.CreateBuilder<Problem>();
        var document = Read(value, new SourcePosition(file, 0, 0), 0, problems);
        return problems.Count == 0 ? new(document) : new(problems.ToImmutable());
    }

    private static void Write(DocumentNode node, Utf8JsonWriter writer)
    {
        switch (node)
        {
            case DocumentNode.Map map:
                writer.WriteStartObject();
                foreach (var entry in map.Entries)
                {
                    writer.WritePropertyName(entry.Key);
                    Write(entry.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case DocumentNode.List list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                    Write(item, writer);
                writer.WriteEndArray();
                break;
            case DocumentNode.Scalar { Kind: ScalarKind.Null }:
                writer.WriteNullValue();
                break;
            case DocumentNode.Scalar { Kind: ScalarKind.Boolean } scalar:
                writer.WriteBooleanValue(scalar.Text.StartsWith('t') || scalar.Text.StartsWith('T'));
                break;
            case DocumentNode.Scalar { Kind: ScalarKind.Integer or ScalarKind.Float } scalar:
                writer.WriteRawValue(scalar.Text);
                break;
            case DocumentNode.Scalar scalar:
                writer.WriteStringValue(scalar.Text);
                break;
        }
    }

    private static DocumentNode Read(JsonElement value, SourcePosition at, int depth, ImmutableArray<Problem>.Builder problems)
    {
        if (depth > DepthMax)
        {
            problems.Add(new Problem(at, $"The document is nested deeper than {DepthMax} levels."));
            return new DocumentNode.Scalar(at, "", ScalarKind.Null);
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var entries = ImmutableArray.CreateBuilder<DocumentEntry>();
                var seen = new HashSet<string>(StringComparer.Ordinal);
                foreach (var property in value.EnumerateObject())
                {
                    if (!seen.Add(property.Name))
                        problems.Add(new Problem(at, $"The key `{property.Name}` stands twice in one object."));
                    entries.Add(new DocumentEntry(property.Name, at, Read(property.Value, at, depth + 1, problems)));
                }

                return new DocumentNode.Map(at, entries.ToImmutable());
            case JsonValueKind.Array:
                return new DocumentNode.List(at, [.. value.EnumerateArray().Select(item => Read(item, at, depth + 1, problems))]);
            case JsonValueKind.String:
                return new DocumentNode.Scalar(at, value.GetString() ?? "", ScalarKind.String);
            case JsonValueKind.Number:
                var text = value.GetRawText();
                return new DocumentNode.Scalar(at, text, text.AsSpan().IndexOfAny(".eE") < 0 ? ScalarKind.Integer : ScalarKind.Float);
            case JsonValueKind.True or JsonValueKind.False:
                return new DocumentNode.Scalar(at, value.ValueKind == JsonValueKind.True ? "true" : "false", ScalarKind.Boolean);
            default:
                return new DocumentNode.Scalar(at, "null", ScalarKind.Null);
        }
    }
}
