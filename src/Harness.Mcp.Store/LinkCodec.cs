using System.Buffers;
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
        using var json = PooledJson.Rent();
        LinkWriter.Write(json.Writer, link);
        var bytes = json.Written.ToArray();
        return IsExact(bytes) ? new SealedLink(link, bytes, Digest.Of(bytes)) : Open(bytes);
    }

    /// <summary>Encodes a link like <see cref="Seal"/>, into rented memory: whoever appends it gives that back (<see cref="SealedLink.GiveBack"/>).</summary>
    /// <inheritdoc cref="Seal"/>
    public static SealedLink SealRented(Link link)
    {
        ArgumentNullException.ThrowIfNull(link);
        using var json = PooledJson.Rent();
        LinkWriter.Write(json.Writer, link);
        var record = json.Written;
        if (!IsExact(record))
            return Open(record.ToArray());
        var rented = ArrayPool<byte>.Shared.Rent(record.Length);
        record.CopyTo(rented);
        return new SealedLink(link, rented, record.Length, Digest.Of(record));
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

    /// <summary>Whether the record says what its link does, to the last character.</summary>
    private static bool IsExact(ReadOnlySpan<byte> record) => record.IndexOf("\uFFFD"u8) < 0 && record.IndexOf(@"\uFFFD"u8) < 0;
}
