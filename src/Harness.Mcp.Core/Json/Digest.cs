using System.Security.Cryptography;
using System.Text.Json;

namespace Harness.Mcp.Core.Json;

/// <summary>A SHA-256 digest, written `sha-256:` and 64 lower-case hexadecimal digits.</summary>
public readonly record struct Digest(string Value)
{
    public const string Prefix = "sha-256:";

    /// <summary>The digest that the first link of a chain names as its predecessor.</summary>
    public static Digest Zero { get; } = new(Prefix + new string('0', 64));

    // Memory and no state: each digest empties it.
    private static readonly ThreadLocal<PooledBuffer> Canonical = new(static () => new PooledBuffer());

    public static Digest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        Span<char> text = stackalloc char[Prefix.Length + (2 * SHA256.HashSizeInBytes)];
        Prefix.CopyTo(text);
        Convert.TryToHexStringLower(hash, text[Prefix.Length..], out _);
        return new Digest(new string(text));
    }

    /// <summary>The digest of a JSON value in canonical form, so that white space, key order and escapes do not matter.</summary>
    public static Digest Of(JsonElement value)
    {
        using var buffer = Canonical.Value!;
        CanonicalJson.Write(value, buffer);
        return Of(buffer.Written);
    }

    public static bool TryParse(string text, out Digest digest)
    {
        var isDigest = text.Length == Prefix.Length + 64
            && text.StartsWith(Prefix, StringComparison.Ordinal)
            && text.AsSpan(Prefix.Length).IndexOfAnyExcept("0123456789abcdef") < 0;
        digest = isDigest ? new Digest(text) : default;
        return isDigest;
    }

    public override string ToString() => Value;
}
