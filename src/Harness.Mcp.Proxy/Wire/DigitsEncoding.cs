using System.Text;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>Reads digits, and everything else as a letter: a length with a sign, which the HTTP server would take for a length, is then none.</summary>
internal sealed class DigitsEncoding : Encoding
{
    private const char NoDigit = 'x';

    public static DigitsEncoding Instance { get; } = new();

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetMaxCharCount(int byteCount) => byteCount;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex)
    {
        for (var index = 0; index < charCount; index++)
            bytes[byteIndex + index] = (byte)(char.IsAsciiDigit(chars[charIndex + index]) ? chars[charIndex + index] : NoDigit);
        return charCount;
    }

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        for (var index = 0; index < bytes.Length; index++)
            chars[index] = char.IsAsciiDigit((char)bytes[index]) ? (char)bytes[index] : NoDigit;
        return bytes.Length;
    }
}
