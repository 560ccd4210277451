using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Schemas;

/// <summary>Strings and names of a value as evaluation sees them: raw bytes, unescaped only where there is an escape.</summary>
internal static class SchemaText
{
    private const int StackLengthMax = 256;

    public static ReadOnlySpan<byte> Of(JsonElement text) => Unescaped(JsonMarshal.GetRawUtf8Value(text)[1..^1]);

    public static ReadOnlySpan<byte> NameOf(JsonProperty property) => Unescaped(JsonMarshal.GetRawUtf8PropertyName(property));

    /// <summary>A member's name for messages; half a surrogate pair, which may stand in it, is replaced.</summary>
    public static string Shown(JsonProperty property) => Encoding.UTF8.GetString(NameOf(property));

    public static bool HasMember(JsonElement value, ReadOnlySpan<byte> name)
    {
        foreach (var property in value.EnumerateObject())
        {
            if (NameOf(property).SequenceEqual(name))
                return true;
        }

        return false;
    }

    /// <summary>How many characters (code points) a text has.</summary>
    public static int Length(ReadOnlySpan<byte> text)
    {
        var length = 0;
        foreach (var one in text)
        {
            if ((one & 0xC0) != 0x80)
                length++;
        }

        return length;
    }

    public static bool Matches(Regex pattern, ReadOnlySpan<byte> text)
    {
        char[]? rented = null;
        var characters = text.Length <= StackLengthMax ? stackalloc char[StackLengthMax] : rented = ArrayPool<char>.Shared.Rent(text.Length);
        try
        {
            return pattern.IsMatch(characters[..Encoding.UTF8.GetChars(text, characters)]);
        }
        finally
        {
            if (rented is not null)
                ArrayPool<char>.Shared.Return(rented);
        }
    }

    private static ReadOnlySpan<byte> Unescaped(ReadOnlySpan<byte> raw) => raw.Contains((byte)'\\') ? JsonText.Unescape(raw) : raw;
}

/// <summary>Compares names that are kept as arrays with names that are spans.</summary>
internal sealed class NameComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static NameComparer Instance { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = default(HashCode);
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
