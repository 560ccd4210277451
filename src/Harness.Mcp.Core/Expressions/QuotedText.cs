using System.Buffers;
using System.Globalization;
using System.Text;

namespace Harness.Mcp.Core.Expressions;

/// <summary>Reads what stands between the quotes of a string or bytes literal.</summary>
internal static class QuotedText
{
    /// <param name="badAt">Where the problem stands in <paramref name="content"/>.</param>
    public static bool TryRead(ReadOnlySpan<char> content, bool isRaw, bool isBytes, out CelValue value, out int badAt, out string message)
    {
        var bytes = new ArrayBufferWriter<byte>(content.Length + 1);
        var text = new StringBuilder(content.Length);
        (badAt, message, value) = (0, "", default);

        for (var at = 0; at < content.Length;)
        {
            if (isRaw || content[at] != '\\')
            {
                var plain = content[at..];
                var length = isRaw ? plain.Length : plain.IndexOf('\\') is var next and >= 0 ? next : plain.Length;
                if (isBytes)
                    Encoding.UTF8.GetBytes(plain[..length], bytes);
                else
                    text.Append(plain[..length]);
                at += length;
                continue;
            }

            var taken = Escape(content[at..], isBytes, out var code, out var isByte);
            if (taken == 0)
            {
                (badAt, message) = (at, isBytes && at + 1 < content.Length && content[at + 1] is 'u' or 'U'
                    ? "Bytes have no `\\u` escapes; write the character itself or its bytes as `\\x…`."
                    : "The escape is not one of `\\a \\b \\f \\n \\r \\t \\v \\\\ \\? \\\" \\' \\` \\xHH \\uHHHH \\UHHHHHHHH \\OOO`.");
                return false;
            }

            at += taken;
            if (isByte && isBytes)
            {
                bytes.GetSpan(1)[0] = (byte)code;
                bytes.Advance(1);
            }
            else if (isBytes)
            {
                Encoding.UTF8.GetBytes([(char)code], bytes);
            }
            else
            {
                text.Append(new Rune(code).ToString());
            }
        }

        value = isBytes ? CelValue.Of(bytes.WrittenSpan.ToArray()) : CelValue.Of(text.ToString());
        return true;
    }

    /// <summary>Reads one escape and returns its length, or 0 where it is none.</summary>
    private static int Escape(ReadOnlySpan<char> content, bool isBytes, out int code, out bool isByte)
    {
        (code, isByte) = (0, false);
        if (content.Length < 2)
            return 0;

        var simple = content[1] switch
        {
            'a' => 7,
            'b' => 8,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'v' => 11,
            '\\' or '?' or '"' or '\'' or '`' => content[1],
            _ => -1,
        };
        if (simple >= 0)
        {
            code = simple;
            return 2;
        }

        switch (content[1])
        {
            case 'x' or 'X':
                isByte = true;
                return Hex(content, 2, out code);
            case 'u' when !isBytes:
                return Hex(content, 4, out code);
            case 'U' when !isBytes:
                return Hex(content, 8, out code);
            case >= '0' and <= '3' when content.Length >= 4 && content[2] is >= '0' and <= '7' && content[3] is >= '0' and <= '7':
                isByte = true;
                code = ((content[1] - '0') * 64) + ((content[2] - '0') * 8) + (content[3] - '0');
                return 4;
            default:
                return 0;
        }
    }

    private static int Hex(ReadOnlySpan<char> content, int digits, out int code)
    {
        code = 0;
        var isHex = content.Length >= digits + 2
            && uint.TryParse(content.Slice(2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
            && Rune.IsValid(number)
            && (code = (int)number) >= 0;
        return isHex ? digits + 2 : 0;
    }
}
