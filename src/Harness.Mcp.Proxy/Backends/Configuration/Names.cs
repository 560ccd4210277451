using System.Buffers;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>Which names owners may give.</summary>
internal static class Names
{
    public const string BackendRule = "Use a lower-case letter, then at most 31 lower-case letters, digits or hyphens.";

    public const string LabelRule = "Use a lower-case letter, then lower-case letters, digits or hyphens, at most 64 characters.";

    private const int BackendLengthMax = 32;
    private const int LabelLengthMax = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    public static bool IsBackend(string name) => IsName(name, BackendLengthMax);

    public static bool IsLabel(string name) => IsName(name, LabelLengthMax);

    /// <summary>
    /// The backend name for a server that a client's file calls <paramref name="written"/> (`GitHub`, `my_server`): the same letters in
    /// lower case, everything else a hyphen. Null where nothing usable remains.
    /// </summary>
    public static string? ForBackend(string written)
    {
        var characters = written.ToLowerInvariant().Select(character => Allowed.Contains(character) ? character : '-');
        var name = string.Concat(characters).TrimStart('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9').TrimEnd('-');
        if (name.Length > BackendLengthMax)
            name = name[..BackendLengthMax].TrimEnd('-');
        return IsBackend(name) ? name : null;
    }

    private static bool IsName(string name, int lengthMax) =>
        name.Length > 0 && name.Length <= lengthMax && char.IsAsciiLetterLower(name[0]) && !name.AsSpan().ContainsAnyExcept(Allowed);
}
