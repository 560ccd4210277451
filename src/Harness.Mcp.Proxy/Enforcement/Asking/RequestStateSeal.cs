using System.Buffers.Text;
using System.Security.Cryptography;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>
/// Seals a `requestState` so that the agent that carries it can neither read nor change it: AES-256-GCM with a fresh nonce each. A text of another version,
/// another key or with one bit changed does not open.
/// </summary>
internal sealed class RequestStateSeal
{
    /// <summary>Longest sealed text that is looked at, in characters; a backend's own state that would need a longer one is refused.</summary>
    public const int CharsMax = 256 * 1024;

    private const string Version = "h1.";

    private static readonly byte[] Purpose = "harness-mcp requestState 1"u8.ToArray();

    private readonly byte[] _key;

    /// <param name="key">32 bytes.</param>
    public RequestStateSeal(ReadOnlySpan<byte> key) => _key = key.ToArray();

    /// <returns>Null where the state is too long to be carried.</returns>
    public string? Seal(RequestState state)
    {
        var plain = state.ToBytes();
        var nonceLength = AesGcm.NonceByteSizes.MaxSize;
        var tagLength = AesGcm.TagByteSizes.MaxSize;
        var bytes = new byte[nonceLength + plain.Length + tagLength];
        RandomNumberGenerator.Fill(bytes.AsSpan(0, nonceLength));
        using var cipher = NewCipher();
        cipher.Encrypt(
            bytes.AsSpan(0, nonceLength), plain, bytes.AsSpan(nonceLength, plain.Length), bytes.AsSpan(nonceLength + plain.Length), Purpose);
        var text = Version + Base64Url.EncodeToString(bytes);
        return text.Length <= CharsMax ? text : null;
    }

    /// <returns>Null for a text that this seal did not make.</returns>
    public RequestState? Open(string text)
    {
        var nonceLength = AesGcm.NonceByteSizes.MaxSize;
        var tagLength = AesGcm.TagByteSizes.MaxSize;
        if (text.Length > CharsMax || !text.StartsWith(Version, StringComparison.Ordinal) || !Base64Url.IsValid(text.AsSpan(Version.Length), out var length)
            || length < nonceLength + tagLength)
            return null;

        var bytes = new byte[length];
        if (!Base64Url.TryDecodeFromChars(text.AsSpan(Version.Length), bytes, out var written) || written != length)
            return null;
        // One state has one text: nothing is taken that only decodes to the same bytes.
        if (!text.AsSpan(Version.Length).SequenceEqual(Base64Url.EncodeToString(bytes)))
            return null;

        var plain = new byte[length - nonceLength - tagLength];
        try
        {
            using var cipher = NewCipher();
            cipher.Decrypt(bytes.AsSpan(0, nonceLength), bytes.AsSpan(nonceLength, plain.Length), bytes.AsSpan(nonceLength + plain.Length), plain, Purpose);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        return RequestState.FromBytes(plain);
    }

    /// <summary>A cipher serves one caller at a time, and is cheap to make.</summary>
    private AesGcm NewCipher() => new(_key, AesGcm.TagByteSizes.MaxSize);
}
