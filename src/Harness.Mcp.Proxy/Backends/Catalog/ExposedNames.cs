using System.Security.Cryptography;
using System.Text;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.Catalog;

/// <summary>
/// The names that agents see: `backend_tool` in `[a-zA-Z0-9_-]`, at most 40 characters. A name depends on its own tool alone, so adding a
/// backend renames nothing. Since a backend's name holds no `_`, plain names cannot collide; a name that must be cut or cleaned ends in
/// `-` and eight hexadecimal digits of a digest, and a plain name that looks like one gets a digest as well. A backend whose owner exposes
/// bare names shows each tool by its own name where that fits, and can collide: the catalog keeps such tools out.
/// </summary>
internal static class ExposedNames
{
    public const int LengthMax = 40;

    /// <summary>The longest name that every known client takes.</summary>
    public const int BareLengthMax = 64;

    private const int DigestLength = 8;

    public static string Of(ToolId tool, NameForm form)
    {
        if (form == NameForm.Bare && tool.Name.Length is > 0 and <= BareLengthMax && tool.Name.All(IsAllowed))
            return tool.Name;

        var plain = $"{tool.Backend.Value}_{tool.Name}";
        var cleaned = string.Concat(plain.Select(character => IsAllowed(character) ? character : '_'));
        if (plain.Length <= LengthMax && string.Equals(plain, cleaned, StringComparison.Ordinal) && !EndsLikeADigest(plain))
            return plain;

        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tool.ToString())))[..DigestLength];
        var kept = cleaned.Length > LengthMax - DigestLength - 1 ? cleaned[..(LengthMax - DigestLength - 1)] : cleaned;
        return $"{kept}-{digest}";
    }

    private static bool IsAllowed(char character) => char.IsAsciiLetterOrDigit(character) || character is '_' or '-';

    private static bool EndsLikeADigest(string name) =>
        name.Length > DigestLength
        && name[^(DigestLength + 1)] == '-'
        && name.AsSpan(name.Length - DigestLength).IndexOfAnyExcept("0123456789abcdef") < 0;
}
