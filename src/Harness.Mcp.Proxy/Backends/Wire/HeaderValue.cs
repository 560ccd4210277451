using System.Text;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>Values of `Mcp-Name` and `Mcp-Param-*`: plain where they are visible ASCII, else `=?base64?…?=` of their UTF-8.</summary>
internal static class HeaderValue
{
    private const string Prefix = "=?base64?";
    private const string Suffix = "?=";

    public static string Encode(string value)
    {
        var isPlain = value.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0
            && (value.Length == 0 || (value[0] != ' ' && value[^1] != ' '))
            && !(value.StartsWith(Prefix, StringComparison.Ordinal) && value.EndsWith(Suffix, StringComparison.Ordinal));
        return isPlain ? value : $"{Prefix}{Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}{Suffix}";
    }
}
