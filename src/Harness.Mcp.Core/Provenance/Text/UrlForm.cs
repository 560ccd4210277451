using System.Buffers;
using System.Globalization;

namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>
/// URLs as one form: host in small letters without `www.`, the usual port and what stands before `@`; `http`, `https` and no scheme are one;
/// escapes of characters that need none are read; path, query and fragment keep their case. What looks like a host but ends like a file is none.
/// </summary>
internal static class UrlForm
{
    private static readonly SearchValues<char> HostCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> FileEndings = new HashSet<string>(
        [
            "txt", "md", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "csv", "tsv", "json", "yaml", "yml", "xml", "html", "htm", "log",
            "png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "mp3", "mp4", "wav", "zip", "gz", "tar", "rar", "exe", "dll", "so", "js", "ts", "cs", "py",
            "rb", "rs", "go", "java", "sh", "sql", "ini", "cfg", "conf", "config", "toml", "lock", "bak", "tmp", "eml", "ics", "vcf", "pem", "key",
        ],
        StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <param name="host">Where in the form the host ends: all before it.</param>
    public static bool Write(ReadOnlySpan<char> chunk, Span<char> form, out int length, out int host)
    {
        length = host = 0;
        var schemeEnd = chunk.IndexOf("://", StringComparison.Ordinal);
        var rest = chunk;
        if (schemeEnd > 0)
        {
            if (!IsScheme(chunk[..schemeEnd]))
                return false;
            rest = chunk[(schemeEnd + 3)..];
        }
        else if (chunk.StartsWith("//", StringComparison.Ordinal))
        {
            rest = chunk[2..];
        }

        var authorityEnd = rest.IndexOfAny(['/', '?', '#', '\\']);
        var authority = authorityEnd < 0 ? rest : rest[..authorityEnd];
        var tail = authorityEnd < 0 ? default : rest[authorityEnd..];

        // What stands before `@` names no host: `https://bank.example@evil.example/` goes to the latter.
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        var port = authority.LastIndexOf(':') is var colon && colon >= 0 ? authority[(colon + 1)..] : default;
        if (colon >= 0)
            authority = authority[..colon];
        authority = authority.TrimEnd('.');
        if (schemeEnd > 0 ? authority.IsEmpty : !IsHost(authority) || (tail.IsEmpty && port.IsEmpty && EndsLikeAFile(authority)))
            return false;
        if (port.ContainsAnyExceptInRange('0', '9'))
            return false;

        if (schemeEnd > 0 && !IsWeb(chunk[..schemeEnd]))
        {
            length = TextFold.Lower(chunk[..schemeEnd], form);
            "://".CopyTo(form[length..]);
            length += 3;
        }

        if (authority.StartsWith("www.", StringComparison.OrdinalIgnoreCase) && IsHost(authority[4..]))
            authority = authority[4..];
        length += TextFold.Lower(authority, form[length..]);
        if (!port.IsEmpty && port is not "80" and not "443")
        {
            form[length++] = ':';
            port.CopyTo(form[length..]);
            length += port.Length;
        }

        host = length;
        length += WriteTail(tail, form[length..]);
        return true;
    }

    /// <summary>Whether a URL stands anywhere in the chunk.</summary>
    public static bool IsInside(ReadOnlySpan<char> chunk)
    {
        if (chunk.Contains("://", StringComparison.Ordinal) || chunk.Contains("www.", StringComparison.OrdinalIgnoreCase))
            return true;
        for (var index = chunk.IndexOfAny(':', '=', '|'); index >= 0;)
        {
            chunk = chunk[(index + 1)..];
            var end = chunk.IndexOfAny('/', '?', '#');
            var host = end < 0 ? chunk : chunk[..end];
            if (IsHost(host) && (end >= 0 || !EndsLikeAFile(host)))
                return true;
            index = chunk.IndexOfAny(':', '=', '|');
        }

        return false;
    }

    /// <summary>`the end.The next`: a space was forgotten, and nobody writes a host so.</summary>
    public static bool MayBeTwoSentences(ReadOnlySpan<char> chunk)
    {
        var dot = chunk.IndexOf('.');
        if (dot <= 0 || dot + 2 >= chunk.Length || !char.IsUpper(chunk[dot + 1]))
            return false;
        foreach (var character in chunk[..dot])
            if (!char.IsLower(character))
                return false;
        foreach (var character in chunk[(dot + 2)..])
            if (!char.IsLower(character))
                return false;
        return true;
    }

    /// <summary>Two labels at least, the last of them letters.</summary>
    public static bool IsHost(ReadOnlySpan<char> text)
    {
        var dot = text.LastIndexOf('.');
        if (dot <= 0 || text.Length - dot <= 2 || text[0] == '.' || text.Contains("..", StringComparison.Ordinal))
            return false;
        if (text.IndexOfAnyExcept(HostCharacters) is var foreign and >= 0)
            foreach (var character in text[foreign..])
                if (!HostCharacters.Contains(character) && !(character > '\u007f' && char.IsLetterOrDigit(character)))
                    return false;
        foreach (var character in text[(dot + 1)..])
            if (!char.IsLetter(character) && !text[(dot + 1)..].StartsWith("xn--", StringComparison.OrdinalIgnoreCase))
                return false;
        return true;
    }

    private static bool EndsLikeAFile(ReadOnlySpan<char> authority) => FileEndings.Contains(authority[(authority.LastIndexOf('.') + 1)..]);

    private static bool IsScheme(ReadOnlySpan<char> text) => char.IsAsciiLetter(text[0]) && text.IndexOfAnyExcept(HostCharacters) < 0;

    private static bool IsWeb(ReadOnlySpan<char> scheme) =>
        scheme.Equals("https", StringComparison.OrdinalIgnoreCase) || scheme.Equals("http", StringComparison.OrdinalIgnoreCase);

    private static int WriteTail(ReadOnlySpan<char> tail, Span<char> form)
    {
        var length = tail.IndexOfAny('\\', '%') is var first and >= 0 ? first : tail.Length;
        tail[..length].CopyTo(form);
        for (var index = length; index < tail.Length; index++)
        {
            var character = tail[index] == '\\' ? '/' : tail[index];
            if (character == '%' && index + 2 < tail.Length
                && char.IsAsciiHexDigit(tail[index + 1]) && char.IsAsciiHexDigit(tail[index + 2]))
            {
                var code = (char)byte.Parse(tail.Slice(index + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                if (char.IsAsciiLetterOrDigit(code) || code is '-' or '.' or '_' or '~')
                {
                    character = code;
                    index += 2;
                }
            }

            form[length++] = character;
        }

        return length > 0 && form[length - 1] == '/' ? length - 1 : length;
    }
}
