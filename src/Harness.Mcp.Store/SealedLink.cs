using System.Buffers;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Store;

/// <summary>A link with its encoded bytes and their digest, which the next link names as its predecessor.</summary>
public sealed record SealedLink
{
    private byte[]? _rented;

    internal SealedLink(Link link, ReadOnlyMemory<byte> bytes, Digest digest) => (Link, Bytes, Digest) = (link, bytes, digest);

    internal SealedLink(Link link, byte[] rented, int length, Digest digest)
        : this(link, rented.AsMemory(0, length), digest) => _rented = rented;

    public Link Link { get; }

    /// <summary>The record; empty once it was given back.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    public Digest Digest { get; }

    /// <summary>The same link with bytes that nobody gives back.</summary>
    internal SealedLink Kept => _rented is null ? this : new SealedLink(Link, Bytes.ToArray(), Digest);

    /// <summary>Gives rented bytes back (<see cref="LinkCodec.SealRented"/>), once no store reads them any more.</summary>
    public void GiveBack()
    {
        if (Interlocked.Exchange(ref _rented, null) is not { } rented)
            return;
        var length = Bytes.Length;
        Bytes = default;
        rented.AsSpan(0, length).Clear(); // Arguments and results are in there.
        ArrayPool<byte>.Shared.Return(rented);
    }
}
