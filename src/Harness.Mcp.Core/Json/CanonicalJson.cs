using System.Buffers;
using System.Text.Json;

namespace Harness.Mcp.Core.Json;

/// <summary>
/// One spelling for each JSON value, for digests: keys sorted by UTF-16 code unit and strings escaped as little as RFC 8785
/// (JCS) allows. Numbers deviate from RFC 8785 on purpose: they keep their exact decimal value instead of passing through a
/// double, since two amounts that differ in the twentieth digit must not share a digest.
/// </summary>
public static class CanonicalJson
{
    public static void Write(JsonElement value, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        throw new NotImplementedException();
    }
}
