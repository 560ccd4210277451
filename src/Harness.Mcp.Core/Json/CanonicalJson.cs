using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Harness.Mcp.Core.Json;

/// <summary>
/// One spelling for each JSON value, for digests: keys sorted by UTF-16 code unit and strings escaped as little as RFC 8785
/// (JCS) allows. Numbers deviate from RFC 8785 on purpose: they keep their exact decimal value instead of passing through a
/// double, since two amounts that differ in the twentieth digit must not share a digest. Half a surrogate pair, which no text can hold,
/// stays an escape. Of a key that stands twice both are written, in the order they came in.
/// </summary>
public static class CanonicalJson
{
    private const int PlainIntegerDigitsMax = 21;

    public static void Write(JsonElement value, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(value, output);
                break;
            case JsonValueKind.Array:
                WriteArray(value, output);
                break;
            case JsonValueKind.String:
                WriteString(JsonMarshal.GetRawUtf8Value(value)[1..^1], output);
                break;
            case JsonValueKind.Number:
                WriteNumber(JsonMarshal.GetRawUtf8Value(value), output);
                break;
            case JsonValueKind.True:
                output.Write("true"u8);
                break;
            case JsonValueKind.False:
                output.Write("false"u8);
                break;
            case JsonValueKind.Null:
                output.Write("null"u8);
                break;
            default:
                throw new ArgumentException("The value is undefined: it belongs to no document.", nameof(value));
        }
    }

    private static void WriteObject(JsonElement value, IBufferWriter<byte> output)
    {
        var count = value.GetPropertyCount();
        var rented = ArrayPool<Member>.Shared.Rent(count);
        var members = rented.AsSpan(0, count);
        try
        {
            var isSorted = true;
            var index = 0;
            foreach (var property in value.EnumerateObject())
            {
                members[index] = new Member(property, index);
                isSorted = isSorted && (index == 0 || Member.Compare(members[index - 1], members[index]) < 0);
                index++;
            }

            if (!isSorted)
                members.Sort(Member.Compare);

            WriteByte((byte)'{', output);
            for (var written = 0; written < members.Length; written++)
            {
                if (written > 0)
                    WriteByte((byte)',', output);
                WriteString(JsonMarshal.GetRawUtf8PropertyName(members[written].Property), output);
                WriteByte((byte)':', output);
                Write(members[written].Property.Value, output);
            }

            WriteByte((byte)'}', output);
        }
        finally
        {
            members.Clear();
            ArrayPool<Member>.Shared.Return(rented);
        }
    }

    private static void WriteArray(JsonElement value, IBufferWriter<byte> output)
    {
        var isFirst = true;
        WriteByte((byte)'[', output);
        foreach (var item in value.EnumerateArray())
        {
            if (!isFirst)
                WriteByte((byte)',', output);
            isFirst = false;
            Write(item, output);
        }

        WriteByte((byte)']', output);
    }

    private static void WriteNumber(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        var digits = text[0] == '-' ? text[1..] : text;
        var isPlain = digits.Length <= PlainIntegerDigitsMax && digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;
        if (isPlain && !(digits[0] == '0' && digits.Length < text.Length))
            output.Write(text);
        else
            output.Write(Encoding.ASCII.GetBytes(new ExactNumber(text).ToCanonicalString()));
    }

    /// <param name="raw">What stands between the quotes.</param>
    private static void WriteString(ReadOnlySpan<byte> raw, IBufferWriter<byte> output)
    {
        WriteByte((byte)'"', output);
        if (!raw.Contains((byte)'\\'))
            output.Write(raw); // JSON text holds no raw control character and no raw quote: nothing is left to escape.
        else
            WriteEscaped(JsonText.Unescape(raw), output);
        WriteByte((byte)'"', output);
    }

    private static void WriteEscaped(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        for (var index = 0; index < text.Length; index++)
        {
            var one = text[index];
            switch (one)
            {
                case (byte)'"' or (byte)'\\':
                    output.Write([(byte)'\\', one]);
                    break;
                case >= 8 and <= 13 and not 11:
                    output.Write([(byte)'\\', "btn_fr"u8[one - 8]]);
                    break;
                case < 0x20:
                    output.Write([.. "\\u00"u8, HexDigit(one >> 4), HexDigit(one)]);
                    break;
                case 0xED when index + 2 < text.Length && text[index + 1] >= 0xA0:
                    WriteSurrogate(text.Slice(index, 3), output);
                    index += 2;
                    break;
                default:
                    WriteByte(one, output);
                    break;
            }
        }
    }

    private static void WriteSurrogate(ReadOnlySpan<byte> encoded, IBufferWriter<byte> output)
    {
        var code = 0xD000 | ((encoded[1] & 0x3F) << 6) | (encoded[2] & 0x3F);
        output.Write([.. "\\u"u8, HexDigit(code >> 12), HexDigit(code >> 8), HexDigit(code >> 4), HexDigit(code)]);
    }

    private static byte HexDigit(int value) => "0123456789abcdef"u8[value & 0xF];

    private static void WriteByte(byte value, IBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    /// <summary>A key with its value, ordered by the key's UTF-16 code units, then by place.</summary>
    private readonly struct Member(JsonProperty property, int place)
    {
        private readonly byte[]? _unescaped = Unescape(property);

        public JsonProperty Property { get; } = property;

        private int Place { get; } = place;

        private ReadOnlySpan<byte> Key => _unescaped ?? JsonMarshal.GetRawUtf8PropertyName(Property);

        public static int Compare(Member left, Member right)
        {
            var byKey = JsonText.CompareUtf16(left.Key, right.Key);
            return byKey != 0 ? byKey : left.Place.CompareTo(right.Place);
        }

        private static byte[]? Unescape(JsonProperty property)
        {
            var raw = JsonMarshal.GetRawUtf8PropertyName(property);
            return raw.Contains((byte)'\\') ? JsonText.Unescape(raw) : null;
        }
    }
}
