using System.ComponentModel;

namespace Harness.Mcp.Samples.Fleet;

/// <summary>One machine of the fleet.</summary>
internal sealed record FleetHost(
    [property: Description("Name of the host, for example `ws-0142`.")] string Host,
    [property: Description("`workstation`, `server` or `production`.")] string Tier,
    [property: Description("What the host is for.")] string Purpose,
    [property: Description("Sign-in name of the person who uses or answers for the host.")] string Owner,
    [property: Description("Operating system.")] string Os,
    [property: Description("Site.")] string Site,
    [property: Description("IPv4 address.")] string Address,
    [property: Description("Whether the host is cut off from the network.")] bool Isolated,
    [property: Description("Time of the last sign of life, UTC.")] DateTimeOffset LastSeen);

internal sealed record HostList([property: Description("The hosts, by name.")] IReadOnlyList<FleetHost> Hosts);

internal sealed record HostChange(
    [property: Description("Name of the host.")] string Host,
    [property: Description("Whether the host is cut off from the network now.")] bool Isolated,
    [property: Description("Whether the call changed anything.")] bool Changed);
