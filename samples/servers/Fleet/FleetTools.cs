using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Samples.Fleet;

/// <summary>The tools of the fleet. State lives as long as the process.</summary>
internal sealed class FleetTools(List<FleetHost> hosts)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, FleetHost> _hosts =
        new(hosts.ToDictionary(host => host.Host, StringComparer.Ordinal), StringComparer.Ordinal);

    [McpServerTool(Name = "get_host", Title = "Get host", ReadOnly = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Returns one host: tier, purpose, owner, address, and whether it is isolated.")]
    public FleetHost GetHost([Description("Name of the host, for example `ws-0142`."), MaxLength(64)] string host)
    {
        lock (_lock)
            return Find(host);
    }

    [McpServerTool(Name = "list_hosts", Title = "List hosts", ReadOnly = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Lists hosts by name, optionally only those of one tier.")]
    public HostList ListHosts(
        [Description("`workstation`, `server` or `production`; leave out for all."), AllowedValues("workstation", "server", "production")] string? tier = null)
    {
        lock (_lock)
            return new HostList([.. _hosts.Values.Where(host => tier is null || string.Equals(host.Tier, tier, StringComparison.Ordinal))]);
    }

    [McpServerTool(Name = "isolate_host", Title = "Isolate host", ReadOnly = false, Destructive = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Cuts a host off from the network, all but the management channel. Reversible with release_host.")]
    public HostChange IsolateHost(
        [Description("Name of the host."), MaxLength(64)] string host,
        [Description("Why, for the fleet's own log."), MinLength(1), MaxLength(1000)] string reason) => Change(host, isolated: true);

    [McpServerTool(Name = "release_host", Title = "Release host", ReadOnly = false, Destructive = false, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Gives an isolated host its network back.")]
    public HostChange ReleaseHost(
        [Description("Name of the host."), MaxLength(64)] string host,
        [Description("Why, for the fleet's own log."), MinLength(1), MaxLength(1000)] string reason) => Change(host, isolated: false);

    private HostChange Change(string name, bool isolated)
    {
        lock (_lock)
        {
            var host = Find(name);
            _hosts[name] = host with { Isolated = isolated };
            return new HostChange(name, isolated, host.Isolated != isolated);
        }
    }

    private FleetHost Find(string name) =>
        _hosts.TryGetValue(name, out var host)
            ? host
            : throw new McpException($"The fleet has no host `{name}`. List the hosts to see their names.");
}
