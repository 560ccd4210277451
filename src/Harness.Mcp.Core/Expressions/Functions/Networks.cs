using System.Collections.Immutable;
using static Harness.Mcp.Core.Expressions.CelType;
using static Harness.Mcp.Core.Expressions.Functions.Define;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>IP addresses and CIDR ranges.</summary>
internal static class Networks
{
    public static readonly CelType Ip = new Simple("net.IP");
    public static readonly CelType Cidr = new Simple("net.CIDR");

    public static ImmutableArray<CelFunction> All { get; } = [
        Global("ip", [CelType.String], Ip, arguments =>
            NetworkAddress.Read(arguments[0].AsString, out var message) is { } address ? CelValue.OfOpaque(address) : CelValue.Error(message)),
        Global("isIP", [CelType.String], CelType.Bool, arguments => CelValue.Of(NetworkAddress.Read(arguments[0].AsString, out _) is not null)),
        Global("ip.isCanonical", [CelType.String], CelType.Bool, arguments => IsCanonical(arguments[0].AsString)),
        Global("cidr", [CelType.String], Cidr, arguments =>
            NetworkRange.Read(arguments[0].AsString, out var message) is { } range ? CelValue.OfOpaque(range) : CelValue.Error(message)),
        Global("isCIDR", [CelType.String], CelType.Bool, arguments => CelValue.Of(NetworkRange.Read(arguments[0].AsString, out _) is not null)),
        Global("string", [Ip], CelType.String, arguments => CelValue.Of(arguments[0].AsOpaque.ToString() ?? "")),
        Global("string", [Cidr], CelType.String, arguments => CelValue.Of(arguments[0].AsOpaque.ToString() ?? "")),

        .. OfAddress("family", Int, address => CelValue.Of(address.IsFour ? 4L : 6L)),
        .. OfAddress("isUnspecified", CelType.Bool, address => CelValue.Of(!address.Bytes.AsSpan().ContainsAnyExcept((byte)0))),
        .. OfAddress("isLoopback", CelType.Bool, address => CelValue.Of(System.Net.IPAddress.IsLoopback(address.Address))),
        .. OfAddress("isGlobalUnicast", CelType.Bool, address => CelValue.Of(IsGlobalUnicast(address))),
        .. OfAddress("isLinkLocalUnicast", CelType.Bool, address => CelValue.Of(IsLinkLocalUnicast(address))),
        .. OfAddress("isLinkLocalMulticast", CelType.Bool, address => CelValue.Of(address.Bytes is [224, 0, 0, _] || (address.Bytes is [0xff, var scope, ..] && !address.IsFour && (scope & 15) == 2))),

        .. OfRange("ip", [], Ip, (range, _) => CelValue.OfOpaque(range.Address)),
        .. OfRange("masked", [], Cidr, (range, _) => CelValue.OfOpaque(range.Masked())),
        .. OfRange("prefixLength", [], Int, (range, _) => CelValue.Of((long)range.Prefix)),
        .. OfRange("containsIP", [Ip], CelType.Bool, (range, other) => other.AsOpaque is NetworkAddress address ? CelValue.Of(range.Contains(address)) : NoOverload("containsIP")),
        .. OfRange("containsIP", [CelType.String], CelType.Bool, (range, other) =>
            NetworkAddress.Read(other.AsString, out var message) is { } address ? CelValue.Of(range.Contains(address)) : CelValue.Error(message)),
        .. OfRange("containsCIDR", [Cidr], CelType.Bool, (range, other) => other.AsOpaque is NetworkRange inner ? CelValue.Of(range.Contains(inner)) : NoOverload("containsCIDR")),
        .. OfRange("containsCIDR", [CelType.String], CelType.Bool, (range, other) =>
            NetworkRange.Read(other.AsString, out var message) is { } inner ? CelValue.Of(range.Contains(inner)) : CelValue.Error(message)),
    ];

    private static CelFunction[] OfAddress(string name, CelType result, Func<NetworkAddress, CelValue> function) =>
        [Method(name, [Ip], result, arguments => arguments[0].AsOpaque is NetworkAddress address ? function(address) : NoOverload(name))];

    private static CelFunction[] OfRange(string name, CelType[] more, CelType result, Func<NetworkRange, CelValue, CelValue> function) =>
        [Method(name, [Cidr, .. more], result, arguments => arguments[0].AsOpaque is NetworkRange range ? function(range, arguments[^1]) : NoOverload(name))];

    private static CelValue IsCanonical(string text) => NetworkAddress.Read(text, out var message) is { } address
        ? CelValue.Of(string.Equals(address.ToString(), text, StringComparison.Ordinal))
        : CelValue.Error(message);

    private static bool IsLinkLocalUnicast(NetworkAddress address) => address.Bytes is [169, 254, _, _]
        || (address.Bytes is [0xfe, var second, ..] && !address.IsFour && (second & 0xc0) == 0x80);

    // Every unicast address that is not special by itself; private ranges count as global, as the extension defines it.
    private static bool IsGlobalUnicast(NetworkAddress address)
    {
        var bytes = address.Bytes;
        var isMulticast = address.IsFour ? bytes[0] is >= 224 and <= 239 : bytes[0] == 0xff;
        return bytes.AsSpan().ContainsAnyExcept((byte)0)
            && bytes is not [255, 255, 255, 255]
            && !isMulticast
            && !System.Net.IPAddress.IsLoopback(address.Address)
            && !IsLinkLocalUnicast(address);
    }
}
