using Harness.Mcp.Core.Chains;

namespace Harness.Mcp.Store;

/// <summary>
/// Links as bytes: JSON with a record version. The digest of a link is that of these bytes, and they name the predecessor's digest,
/// so that an edited, deleted, inserted or reordered link shows. Unknown versions, kinds and keys are refused.
/// </summary>
public static class LinkCodec
{
    public static SealedLink Seal(Link link) => throw new NotImplementedException();

    /// <exception cref="FormatException">The bytes are not a link of a version that this program knows; the message says where.</exception>
    public static SealedLink Open(ReadOnlyMemory<byte> bytes) => throw new NotImplementedException();
}
