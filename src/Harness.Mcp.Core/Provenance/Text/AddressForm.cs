namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>E-mail addresses.</summary>
internal static class AddressForm
{
    /// <summary>The address that the chunk is, or ends with after a colon (`mailto:`, `to:`); empty where it is none.</summary>
    public static ReadOnlySpan<char> In(ReadOnlySpan<char> chunk)
    {
        if (chunk.IndexOf('/') >= 0)
            return default;
        var address = chunk[(chunk.LastIndexOf(':') + 1)..];
        var at = address.IndexOf('@');
        return at > 0 && at == address.LastIndexOf('@') && UrlForm.IsHost(address[(at + 1)..]) ? address : default;
    }

    /// <summary>Whether an address stands anywhere in the chunk.</summary>
    public static bool IsInside(ReadOnlySpan<char> chunk)
    {
        for (var at = chunk.IndexOf('@'); at >= 0;)
        {
            var host = chunk[(at + 1)..];
            var end = 0;
            while (end < host.Length && (char.IsLetterOrDigit(host[end]) || host[end] is '-' or '.'))
                end++;
            if (at > 0 && char.IsLetterOrDigit(chunk[at - 1]) && UrlForm.IsHost(host[..end].Trim('.')))
                return true;
            var next = host.IndexOf('@');
            at = next < 0 ? -1 : at + 1 + next;
        }

        return false;
    }
}
