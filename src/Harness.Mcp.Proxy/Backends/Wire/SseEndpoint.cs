using System.Text;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>The address for messages that an event stream names first.</summary>
internal static class SseEndpoint
{
    private const int BytesMax = 4096;
    private const int ShownMax = 200;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <param name="stream">The address of the stream itself.</param>
    /// <returns>An absolute address of the stream's origin: what is posted there carries the proxy's credentials.</returns>
    /// <exception cref="WireException">The event is another one, is no address, or leads to another origin.</exception>
    public static Uri Read(Uri stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (!type.SequenceEqual("endpoint"u8))
            throw new WireException("The backend's event stream does not begin with the event `endpoint`, which names the address for messages.");
        if (Parse(stream, data) is not { } endpoint)
            throw new WireException("What the backend's event stream names as the address for messages is none.");
        return string.Equals(Origin(endpoint), Origin(stream), StringComparison.OrdinalIgnoreCase)
            ? endpoint
            : throw new WireException($"The backend's event stream wants messages at `{Show(Origin(endpoint))}`, which is another origin than its own, `{Show(Origin(stream))}`: the proxy's credentials go nowhere else.");
    }

    private static Uri? Parse(Uri stream, ReadOnlySpan<byte> data)
    {
        if (data.Length > BytesMax || data.IndexOfAnyInRange((byte)0, (byte)' ') >= 0)
            return null;
        try
        {
            return Uri.TryCreate(stream, Strict.GetString(data), out var endpoint) && endpoint.UserInfo.Length == 0 ? endpoint : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static string Origin(Uri address) => $"{address.Scheme}://{address.IdnHost}:{address.Port}";

    private static string Show(string origin)
    {
        var shown = VisibleText.Escape(origin);
        return shown.Length > ShownMax ? shown[..ShownMax] + "…" : shown;
    }
}
