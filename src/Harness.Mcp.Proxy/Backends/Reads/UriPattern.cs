using System.Text;
using System.Text.RegularExpressions;

namespace Harness.Mcp.Proxy.Backends.Reads;

/// <summary>
/// A URI, or a URI template (RFC 6570) that stands for all URIs that it can expand to: `{name}` for a piece without `/`, `?` and `#`, `{+path}` for
/// any, `{/path*}`, `{?query}` and their like for what begins with their sign, or for nothing.
/// </summary>
internal sealed class UriPattern
{
    private readonly Regex? _regex;

    private UriPattern(string text, Regex? regex, int literalLength) => (Text, _regex, LiteralLength) = (text, regex, literalLength);

    public string Text { get; }

    /// <summary>Characters outside of braces: of two patterns that match, the one with more says more.</summary>
    public int LiteralLength { get; }

    /// <summary>Whether there is anything to fill in.</summary>
    public bool IsTemplate => _regex is not null;

    /// <summary>Null where braces do not match, are empty or nested, or the text is too long.</summary>
    public static UriPattern? Parse(string text)
    {
        if (text.Length is 0 or > ResourceUri.LengthMax)
            return null;
        var pattern = new StringBuilder(@"\A");
        var literals = 0;
        for (var index = 0; index < text.Length; index++)
        {
            if (text[index] == '}')
                return null;
            if (text[index] != '{')
            {
                pattern.Append(Regex.Escape(text[index].ToString()));
                literals++;
                continue;
            }

            var end = text.IndexOf('}', index);
            if (end < index + 2 || text.AsSpan(index + 1, end - index - 1).Contains('{'))
                return null;
            pattern.Append(Expression(text[index + 1]));
            index = end;
        }

        return new UriPattern(
            text,
            literals == text.Length ? null : new Regex(pattern.Append(@"\z").ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline),
            literals);
    }

    public bool Matches(string uri) => _regex?.IsMatch(uri) ?? string.Equals(Text, uri, StringComparison.Ordinal);

    private static string Expression(char sign) => sign switch
    {
        '+' => ".*",
        '#' => "(?:#.*)?",
        '?' => @"(?:\?[^#]*)?",
        '&' => "(?:&[^#]*)?",
        '/' => @"(?:/[^?#]*)?",
        '.' => @"(?:\.[^/?#]*)?",
        ';' => "(?:;[^/?#]*)?",
        _ => "[^/?#]*",
    };
}
