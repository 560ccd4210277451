using System.Buffers.Text;
using System.Security.Cryptography;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>
/// Texts that an agent carries for us and can neither read nor change: AES-256-GCM with a fresh nonce each. A text of another purpose, another
/// key or with one bit changed does not open.
/// </summary>
/// <param name="key">32 bytes.</param>
/// <param name="version">What each text begins with.</param>
/// <param name="purpose">What the texts are for: those of another purpose do not open, though the key is the same.</param>
/// <param name="charsMax">Longest text.</param>
internal sealed class SealedText(ReadOnlySpan<byte> key, string version, ReadOnlySpan<byte> purpose, int charsMax)
{
    private static readonly int NonceLength = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagLength = AesGcm.TagByteSizes.MaxSize;

    private readonly byte[] _key = key.ToArray();
    private readonly byte[] _purpose = purpose.ToArray();

    /// <returns>Null where the text would be too long.</returns>
    public string? Seal(ReadOnlySpan<byte> plain)
    {
        var bytes = new byte[NonceLength + plain.Length + TagLength];
        RandomNumberGenerator.Fill(bytes.AsSpan(0, NonceLength));
        using var cipher = NewCipher();
        cipher.Encrypt(
            bytes.AsSpan(0, NonceLength), plain, bytes.AsSpan(NonceLength, plain.Length), bytes.AsSpan(NonceLength + plain.Length), _purpose);
        var text = version + Base64Url.EncodeToString(bytes);
        return text.Length <= charsMax ? text : null;
    }

    /// <returns>Null for a text that was not sealed here.</returns>
    public byte[]? Open(string text)
    {
        if (text.Length > charsMax || !text.StartsWith(version, StringComparison.Ordinal) || !Base64Url.IsValid(text.AsSpan(version.Length), out var length)
            || length < NonceLength + TagLength)
            return null;

        var bytes = new byte[length];
        if (!Base64Url.TryDecodeFromChars(text.AsSpan(version.Length), bytes, out var written) || written != length)
            return null;
        // One content has one text: nothing is taken that only decodes to the same bytes.
        if (!text.AsSpan(version.Length).SequenceEqual(Base64Url.EncodeToString(bytes)))
            return null;

        var plain = new byte[length - NonceLength - TagLength];
        try
        {
            using var cipher = NewCipher();
            cipher.Decrypt(bytes.AsSpan(0, NonceLength), bytes.AsSpan(NonceLength, plain.Length), bytes.AsSpan(NonceLength + plain.Length), plain, _purpose);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        return plain;
    }

    /// <summary>A cipher serves one caller at a time, and is cheap to make.</summary>
    private AesGcm NewCipher() => new(_key, AesGcm.TagByteSizes.MaxSize);
}
