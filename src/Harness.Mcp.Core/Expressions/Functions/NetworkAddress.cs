using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>An IPv4 or IPv6 address, always in its shortest form: an IPv4 address mapped into IPv6 is the IPv4 address.</summary>
internal sealed record NetworkAddress(IPAddress Address)
{
    public bool IsFour => Address.AddressFamily == AddressFamily.InterNetwork;

    public byte[] Bytes => Address.GetAddressBytes();

    /// <summary>Reads an address without zone, port, leading zeros or dotted tail; the message says why not.</summary>
    public static NetworkAddress? Read(string text, out string message)
    {
        message = $"'{(text.Length <= 64 ? text : "…")}' is not an IP address";
        if (text.Contains('%', StringComparison.Ordinal))
        {
            message = "an IP address with a zone is not allowed";
            return null;
        }

        var isSix = text.Contains(':', StringComparison.Ordinal);
        if (isSix && text.Contains('.', StringComparison.Ordinal))
        {
            message = "an IPv4 address written inside an IPv6 address is not allowed";
            return null;
        }

        if (text.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF:.") || (!isSix && !IsDottedQuad(text)) || !IPAddress.TryParse(text, out var address))
            return null;
        return new NetworkAddress(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
    }

    public override string ToString() => Address.ToString();

    private static bool IsDottedQuad(string text)
    {
        var parts = text.Split('.');
        return parts.Length == 4 && parts.All(part =>
            part is "0" or [>= '1' and <= '9', ..] && byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }
}

/// <summary>A range of addresses in CIDR notation.</summary>
internal sealed record NetworkRange(NetworkAddress Address, int Prefix)
{
    public static NetworkRange? Read(string text, out string message)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        message = $"'{(text.Length <= 64 ? text : "…")}' is not a CIDR range";
        if (slash < 0 || NetworkAddress.Read(text[..slash], out var addressMessage) is not { } address)
        {
            if (slash >= 0)
                NetworkAddress.Read(text[..slash], out message);
            return null;
        }

        var digits = text[(slash + 1)..];
        var isPrefix = digits is "0" or [>= '1' and <= '9', ..]
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _);
        var prefix = isPrefix ? int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) : -1;
        return prefix < 0 || prefix > address.Bytes.Length * 8 ? null : new NetworkRange(address, prefix);
    }

    public bool Contains(NetworkAddress other)
    {
        var (mine, theirs) = (Address.Bytes, other.Bytes);
        return mine.Length == theirs.Length && Mask(mine).AsSpan().SequenceEqual(Mask(theirs));
    }

    public bool Contains(NetworkRange other) => other.Prefix >= Prefix && Contains(other.Address);

    public NetworkRange Masked() => this with { Address = new NetworkAddress(new IPAddress(Mask(Address.Bytes))) };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{Prefix}");

    private byte[] Mask(byte[] bytes)
    {
        for (var bit = Prefix; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return bytes;
    }
}
