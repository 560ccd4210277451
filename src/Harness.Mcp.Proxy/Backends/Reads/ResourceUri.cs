using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.Reads;

/// <summary>
/// The URIs of resources. A URI that could mean another one than it says is not read: with steps up or in place (`..`, `.`, however they are spelled),
/// a limit or a label on its beginning would hold for something else.
/// </summary>
internal static class ResourceUri
{
    public const int LengthMax = 2048;

    /// <summary>Longest URI with its backend's name before it.</summary>
    public const int ExposedLengthMax = LengthMax + 33;

    /// <summary>The beginning of the proxy's own URIs, which no backend's resource can have.</summary>
    public const string OwnPrefix = "harness://";

    /// <summary>Between a backend's name and the URI as the backend itself writes it.</summary>
    private const char Mark = '+';

    /// <summary>Whether the URI has a scheme of the backend's, nothing invisible, and no steps up or in place.</summary>
    public static bool IsSound(string uri) =>
        uri.Length is > 0 and <= LengthMax
        && !uri.StartsWith(OwnPrefix, StringComparison.OrdinalIgnoreCase)
        && SchemeLength(uri) > 0
        && !uri.EnumerateRunes().Any(VisibleText.IsSuspect)
        && !HasDotSegment(uri);

    /// <summary>
    /// The URI as agents see it: `backend+scheme:…`, which is a URI again, unique, and depends on its own backend alone. A backend whose owner
    /// exposes bare names shows its own URIs. What has no scheme stays as it is, and so does what is the proxy's own.
    /// </summary>
    public static string Exposed(BackendId backend, NameForm form, string uri) =>
        form == NameForm.Bare || SchemeLength(uri) == 0 || uri.StartsWith(OwnPrefix, StringComparison.Ordinal) ? uri : $"{backend.Value}{Mark}{uri}";

    /// <summary>Takes an exposed URI apart.</summary>
    /// <returns>Null where it has not the form of a prefixed one.</returns>
    public static (BackendId Backend, string Uri)? Split(string exposed)
    {
        var scheme = SchemeLength(exposed);
        var mark = scheme == 0 ? -1 : exposed.AsSpan(0, scheme).IndexOf(Mark);
        return mark > 0 && Names.IsBackend(exposed[..mark]) ? (new BackendId(exposed[..mark]), exposed[(mark + 1)..]) : null;
    }

    /// <summary>Whether a URI is another one, or that of a part of it.</summary>
    public static bool IsWithin(string uri, string whole) =>
        uri.StartsWith(whole, StringComparison.Ordinal)
        && (uri.Length == whole.Length || whole.EndsWith('/') || uri[whole.Length] is '/' or '?' or '#');

    /// <summary>Length of the scheme without its colon; 0 where there is none.</summary>
    private static int SchemeLength(string uri)
    {
        if (uri.Length == 0 || !char.IsAsciiLetter(uri[0]))
            return 0;
        for (var index = 1; index < uri.Length; index++)
        {
            if (uri[index] == ':')
                return index;
            if (!char.IsAsciiLetterOrDigit(uri[index]) && uri[index] is not ('+' or '-' or '.'))
                return 0;
        }

        return 0;
    }

    private static bool HasDotSegment(string uri)
    {
        // Decoded again and again, since a backend may do so once more than we would think.
        for (var (text, round) = (uri, 0); round < 4; round++)
        {
            foreach (var segment in text.Split('/', '\\', '?', '#', ':'))
                if (segment is "." or "..")
                    return true;
            var decoded = Uri.UnescapeDataString(text);
            if (string.Equals(decoded, text, StringComparison.Ordinal))
                return false;
            text = decoded;
        }

        return true;
    }
}
