using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Store.Records;

namespace Harness.Mcp.Store;

/// <summary>
/// Links as bytes: JSON with a record version. The digest of a link is that of these bytes, and they name the predecessor's digest,
/// so that an edited, deleted, inserted or reordered link shows. Unknown versions, kinds and keys are refused.
/// </summary>
public static class LinkCodec
{
    /// <summary>The record version that is written, and the only one that is read.</summary>
    public const int RecordVersion = 1;

    /// <summary>How deep a record may nest, its own levels included. The wire admits far less.</summary>
    public const int DepthMax = 256;

    /// <summary>
    /// Encodes a link on one line. Arguments and results keep their exact spelling but for white space between tokens; a lone
    /// surrogate in any other text becomes U+FFFD, in the link that is returned too, so that it equals the one read back.
    /// </summary>
    /// <exception cref="ArgumentException">The link cannot be recorded: a part is missing, or its JSON nests deeper than <see cref="DepthMax"/>.</exception>
    public static SealedLink Seal(Link link)
    {
        ArgumentNullException.ThrowIfNull(link);

        var bytes = LinkWriter.Write(link);
        return bytes.AsSpan().IndexOf("\uFFFD"u8) < 0 && bytes.AsSpan().IndexOf(@"\uFFFD"u8) < 0
            ? new SealedLink(link, bytes, Digest.Of(bytes))
            : Open(bytes);
    }

    /// <exception cref="FormatException">The bytes are not a link of a version that this program knows; the message says where.</exception>
    public static SealedLink Open(ReadOnlyMemory<byte> bytes)
    {
        JsonElement record;
        try
        {
            record = JsonElement.Parse(bytes.Span, new JsonDocumentOptions { MaxDepth = DepthMax });
        }
        catch (JsonException malformed)
        {
            throw new FormatException($"The record is not JSON: byte {malformed.BytePositionInLine} of its line {malformed.LineNumber + 1}.", malformed);
        }

        return new SealedLink(LinkReader.Read(record), bytes, Digest.Of(bytes.Span));
    }
}
