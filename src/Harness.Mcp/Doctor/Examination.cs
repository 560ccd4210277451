using System.Collections.Immutable;
using Harness.Mcp.Checking;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Hosting;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Fleet;
using Harness.Mcp.Proxy.Wire;
using Harness.Mcp.Servers;
using Harness.Mcp.Store;

namespace Harness.Mcp.Doctor;

/// <summary>
/// A home that is looked at, and what its checks have learnt of it for each other. INVARIANT: nothing of the home is changed, and a proxy that runs
/// on it notices at most that somebody connected.
/// </summary>
internal sealed class Examination
{
    private readonly List<Diagnosis> _all = [];

    /// <param name="isOffline">Connect to nothing: look at files alone.</param>
    public Examination(Home home, bool isOffline)
    {
        Home = home;
        IsOffline = isOffline;
        IsRunning = HomeLock.IsHeld(home);
        Noted = StatusFile.Read(home.State);
    }

    public Home Home { get; }

    public bool IsOffline { get; }

    /// <summary>Whether a `harness run` works on the home now.</summary>
    public bool IsRunning { get; }

    /// <summary>What a proxy last noted of its backends; null for nothing.</summary>
    public StatusFile? Noted { get; }

    public ListenOptions Listen { get; set; } = new();

    public AgentAuthenticationOptions Authentication { get; set; } = new();

    public WireOptions Wire { get; set; } = new();

    public ChainStoreOptions Chains { get; set; } = new();

    /// <summary>Whether the settings could be read, so that the options are those of the home.</summary>
    public bool HasSettings { get; set; } = true;

    public ImmutableArray<BackendConfig> Backends { get; set; } = [];

    /// <summary>What connecting to each backend showed; empty where nobody connected.</summary>
    public ImmutableArray<BackendLook> Looks { get; set; } = [];

    public KnownTools Tools { get; set; } = new([], []);

    /// <summary>Guardrails and terms, as a mission opened now would meet them.</summary>
    public HomeLayers Layers { get; set; } = HomeLayers.None;

    /// <summary>The agents of all files that could be read.</summary>
    public ImmutableArray<AgentFile> Agents { get; set; } = [];

    /// <summary>Names of the mission templates, readable or not.</summary>
    public ImmutableArray<string> Templates { get; set; } = [];

    /// <summary>The time of the newest link of any chain that was read.</summary>
    public DateTimeOffset? NewestLink { get; set; }

    public ImmutableArray<Diagnosis> All => [.. _all];

    public Findings Begin(string check) => new(check, _all);

    /// <summary>The look at a backend that cannot be used now; null where it can, or where nobody looked.</summary>
    public BackendLook? DownOf(BackendId backend) => Looks.FirstOrDefault(look => look.Config.Id == backend && look.Result is Proxy.Backends.Probing.ProbeResult.Failed);

    /// <summary>Looks at everything, each check after those whose knowledge it needs.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        SettingsCheckup.Run(this);
        StateCheckup.Run(this);
        await ChainCheckup.RunAsync(this, cancellationToken);
        await BackendsCheckup.RunAsync(this, cancellationToken);
        AgentsCheckup.Run(this);
        GuardrailsCheckup.Run(this);
        MissionsCheckup.Run(this);
        await ListenCheckup.RunAsync(this, cancellationToken);
        await IssuerCheckup.RunAsync(this, cancellationToken);
        await CollectorCheckup.RunAsync(this, cancellationToken);
        ClockCheckup.Run(this);
    }
}
