using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Layers;

/// <summary>The digest of all rules that judge a mission, which stands in each of its links.</summary>
internal static class RulesDigest
{
    /// <summary>Of the mission's own document, and of the sources that held when it was opened. Without sources it is the document's own.</summary>
    public static Digest AtOpening(JsonElement document, ImmutableArray<RecordedSource> sources) =>
        sources.IsEmpty ? Digest.Of(document) : Of("mission", Digest.Of(document), sources);

    public static Digest After(Digest before, ImmutableArray<RecordedSource> added) => Of("rules", before, added);

    private static Digest Of(string what, Digest digest, ImmutableArray<RecordedSource> sources)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString(what, digest.Value);
            writer.WriteStartArray("sources");
            foreach (var source in sources)
            {
                writer.WriteStartObject();
                writer.WriteString("name", source.Name);
                writer.WriteString("document", Digest.Of(source.Document).Value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Digest.Of(JsonElement.Parse(buffer.WrittenSpan));
    }
}
