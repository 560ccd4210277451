using System.Text.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Asks;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>A page that a backend sends a person to: over https, and on a host that the backend's owner lists, letter by letter.</summary>
internal static class ElicitationPage
{
    private const int UrlCharsMax = 2048;
    private const int IdCharsMax = 256;

    /// <inheritdoc cref="ElicitationForm.Write"/>
    public static string? Write(Utf8JsonWriter json, BackendId backend, AskTerms terms, JsonElement parameters)
    {
        if (Question.Text(parameters, "message") is not { } message || Question.Text(parameters, "url") is not { } url)
            return "to open a page, and says not which or why";
        if (PageOf(url, terms) is not { } page)
            return "to open a page that is not over https on a host which its owner lists";

        json.WriteString("mode"u8, "url"u8);
        Question.WriteMessage(json, backend, message);
        json.WriteString("url"u8, page.AbsoluteUri);
        if (Question.Text(parameters, "elicitationId") is { Length: > 0 and <= IdCharsMax } id)
            json.WriteString("elicitationId"u8, id);
        return null;
    }

    /// <summary>The address as every reader must take it: anything that two readers could take differently is no address.</summary>
    private static Uri? PageOf(string url, AskTerms terms) =>
        url.Length <= UrlCharsMax
        && url.All(character => character is > ' ' and < '\x7F' and not ('\\' or '"' or '<' or '>'))
        && Uri.TryCreate(url, UriKind.Absolute, out var page)
        && page is { Scheme: "https", UserInfo.Length: 0, IsDefaultPort: true }
        && terms.Hosts.Contains(page.Host, StringComparer.Ordinal)
        && url.StartsWith($"https://{page.Host}", StringComparison.OrdinalIgnoreCase)
            ? page
            : null;
}
