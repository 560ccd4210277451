using System.Collections.Immutable;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Fleet;
using Harness.Mcp.Proxy.Backends.Guard;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Backends.OAuth;
using Harness.Mcp.Proxy.Backends.OpenApi;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Wire;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Backends;

/// <summary>Where the fleet finds and keeps its files, and which program guards its children.</summary>
/// <param name="HomeFolder">Where relative commands and folders of backends start.</param>
/// <param name="ServersFolder">`servers.config`.</param>
/// <param name="StateFolder">`state`; pins and status are kept in it.</param>
public sealed record BackendFleetPlaces(string HomeFolder, string ServersFolder, string StateFolder, GuardProgram Guard);

/// <summary>
/// All backends behind the proxy. It follows `servers.config` while it runs; each backend connects by itself and in its own time, so that none
/// delays another. Starting never waits for a backend.
/// </summary>
public sealed class BackendFleet : IToolCatalog, IReadCatalog, IResourceSource, IBackendDirectory, IHostedService, IAsyncDisposable
{
    private readonly BackendFleetPlaces _places;
    private readonly TimeProvider _time;
    private readonly ILogger<BackendFleet> _logger;
    private readonly ServersFolder _folder;
    private readonly PinFolder _pins;
    private readonly WireFactory _wires;
    private readonly Dictionary<Digest, HttpMessageInvoker> _clients = [];
    private readonly BackendClients _newClients;
    private readonly Lock _access = new();
    private readonly ReadsInForce _reads = new();
    private readonly HashSet<string> _collisions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _leftOut = new(StringComparer.Ordinal);
    private ImmutableDictionary<BackendId, Backend> _backends = ImmutableDictionary<BackendId, Backend>.Empty;
    private ImmutableArray<Problem> _problems = [];
    private CatalogSnapshot _current = CatalogSnapshot.Empty;
    private string _signature = "";
    private FolderWatch? _serversWatch;
    private FolderWatch? _pinsWatch;

    public BackendFleet(BackendFleetPlaces places, TimeProvider time, ILogger<BackendFleet> logger)
        : this(places, time, logger, null)
    {
    }

    /// <param name="signIn">Brings a person to sign in; null where nobody can be asked.</param>
    internal BackendFleet(BackendFleetPlaces places, TimeProvider time, ILogger<BackendFleet> logger, WireFactory? wires, ISignIn? signIn = null)
    {
        ArgumentNullException.ThrowIfNull(places);
        _places = places;
        _time = time;
        _logger = logger;
        _folder = new ServersFolder(places.ServersFolder, new ServersConfigSurroundings(places.HomeFolder, Environment.GetEnvironmentVariable));
        _pins = new PinFolder(Path.Combine(places.StateFolder, "pins"));
        _newClients = new BackendClients(places.StateFolder, time, signIn);
        _wires = wires ?? OpenWireAsync;
        Large = new LargeResults(Path.Combine(places.StateFolder, "results"));
    }

    public event Action? Changed;

    private event Action<ListKinds>? ReadsChanged;

    event Action<ListKinds>? IReadCatalog.ReadsChanged
    {
        add => ReadsChanged += value;
        remove => ReadsChanged -= value;
    }

    CatalogReads IReadCatalog.Reads => _reads.Current;

    public CatalogSnapshot Current => Volatile.Read(ref _current);

    /// <summary>What is wrong with `servers.config` now; what was good before stays in force.</summary>
    public ImmutableArray<Problem> Problems => _problems;

    /// <summary>The rules that the owners of backends set for them, as `servers.config` has them now.</summary>
    public ImmutableArray<RuleSource> Terms { get; private set; } = [];

    /// <summary>Where results go that are too large for memory.</summary>
    internal LargeResults Large { get; }

    internal ImmutableArray<BackendStatus> Statuses =>
        [.. Volatile.Read(ref _backends).Values.Select(backend => backend.Status).OrderBy(status => status.Backend, StringComparer.Ordinal)];

    async Task<IAsyncDisposable?> IResourceSource.WatchAsync(
        BackendId backend, MissionId mission, AgentInputs declares, string uri, Action<string> updated, CancellationToken cancellationToken) =>
        _reads.Current.Find(backend) is { Offers.Updates: true }
            ? await ResourceWatch.StartAsync(() => Volatile.Read(ref _backends).GetValueOrDefault(backend)?.Channels, mission, declares, uri, updated, _time, cancellationToken)
            : null;

    public IBackendPort? Find(BackendId backend) => Volatile.Read(ref _backends).GetValueOrDefault(backend);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_pins.Folder);
        await ReloadAsync(cancellationToken);
        _serversWatch = new FolderWatch(_places.ServersFolder, "*.json", ReloadAsync, _time);
        _pinsWatch = new FolderWatch(_pins.Folder, "*.json", OnPinsChangedAsync, _time);
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync();

    /// <summary>Waits until every backend was asked once for its tools, or the time is over: for a first start, where no pins exist yet.</summary>
    public async Task WaitForFirstListingsAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var all = Task.WhenAll(Volatile.Read(ref _backends).Values.Select(backend => backend.FirstListing));
        await Task.WhenAny(all, Task.Delay(limit, _time, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _serversWatch, null) is { } servers)
            await servers.DisposeAsync();
        if (Interlocked.Exchange(ref _pinsWatch, null) is { } pins)
            await pins.DisposeAsync();
        var all = Interlocked.Exchange(ref _backends, ImmutableDictionary<BackendId, Backend>.Empty);
        await Task.WhenAll(all.Values.Select(backend => backend.DisposeAsync().AsTask()));
        lock (_access)
        {
            foreach (var client in _clients.Values)
                client.Dispose();
            _clients.Clear();
        }
    }

    private async ValueTask ReloadAsync(CancellationToken cancellationToken)
    {
        var snapshot = _folder.Read();
        foreach (var problem in snapshot.Problems.Except(_problems))
            BackendLog.ConfigurationProblem(_logger, problem.ToString());
        _problems = snapshot.Problems;
        var terms = snapshot.Backends.Values.Select(config => config.Terms).OfType<RuleSource>().ToImmutableArray();
        if (!terms.Select(source => (source.Name, source.Digest)).SequenceEqual(Terms.Select(source => (source.Name, source.Digest))))
            Terms = terms;

        var before = _backends;
        var after = before.ToBuilder();
        var retired = new List<Backend>();
        foreach (var (id, backend) in before)
            if (!snapshot.Backends.ContainsKey(id.Value))
            {
                BackendLog.BackendRemoved(_logger, id);
                after.Remove(id);
                retired.Add(backend);
            }

        foreach (var config in snapshot.Backends.Values)
        {
            if (before.TryGetValue(config.Id, out var backend))
            {
                if (backend.Config.ConnectionDigest == config.ConnectionDigest)
                {
                    backend.Apply(config);
                    continue;
                }

                BackendLog.BackendReplaced(_logger, config.Id);
                retired.Add(backend);
            }

            var fresh = new Backend(config, _wires, _pins, _time, _logger, Rebuild);
            fresh.Start();
            after[config.Id] = fresh;
        }

        Volatile.Write(ref _backends, after.ToImmutable());
        Rebuild();

        // Calls in flight on a retired backend are cut: what they reached is no longer what is described.
        await Task.WhenAll(retired.Select(backend => backend.DisposeAsync().AsTask()));
    }

    private ValueTask OnPinsChangedAsync(CancellationToken cancellationToken)
    {
        foreach (var backend in Volatile.Read(ref _backends).Values)
            backend.Tools.PinsChanged();
        Rebuild();
        return default;
    }

    private void Rebuild()
    {
        var isChanged = false;
        ListKinds changedReads;
        lock (_access)
        {
            changedReads = _reads.Replace(Volatile.Read(ref _backends).Values.Select(backend => backend.Tools.Reads));
            var tools = CatalogBuilder.Build(Volatile.Read(ref _backends).Values.Select(backend => (backend.Config, backend.Tools)), OnCollision);
            var signature = CatalogBuilder.Signature(tools);
            if (!string.Equals(signature, _signature, StringComparison.Ordinal))
            {
                _signature = signature;
                Volatile.Write(ref _current, new CatalogSnapshot(_current.Version + 1, tools));
                isChanged = true;
            }

            WriteStatus();
        }

        if (isChanged)
            Changed?.Invoke();
        if (changedReads != ListKinds.None)
            ReadsChanged?.Invoke(changedReads);
    }

    private void OnCollision(CatalogTool tool)
    {
        if (_collisions.Add(tool.Facts.Id.ToString()))
            BackendLog.ToolRefused(_logger, tool.Facts.Id, $"Another tool is shown by the same name, `{tool.ExposedName}`.");
    }

    private void WriteStatus()
    {
        try
        {
            new StatusFile(_time.GetUtcNow(), Environment.ProcessId, Statuses).Write(_places.StateFolder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            BackendLog.StateNotWritten(_logger, new BackendId("*"), failure.Message);
        }
    }

    private async Task<IWire> OpenWireAsync(BackendConfig config, IWireReceiver receiver, CancellationToken cancellationToken) => config.Connection switch
    {
        BackendConnection.Stdio stdio => await StdioWire.OpenAsync(stdio, _places.Guard, config.Limits.MessageBytesMax, receiver, cancellationToken, Large),
        BackendConnection.Http { Form: HttpForm.Sse } old =>
            await SseWire.OpenAsync(old, ClientOf(config), config.Limits.MessageBytesMax, receiver, cancellationToken, Large),
        BackendConnection.Http http => new HttpWire(http, ClientOf(config), config.Limits.MessageBytesMax, receiver, _time, Large),
        BackendConnection.OpenApi api => Noted(config.Id, await OpenApiWire.OpenAsync(api, handler => _newClients.New(config, handler), config.Limits, receiver, _time, cancellationToken, Large)),
        _ => throw new InvalidOperationException($"No wire for {config.Connection.GetType().Name}."),
    };

    private OpenApiWire Noted(BackendId id, OpenApiWire wire)
    {
        lock (_access)
            foreach (var (operation, why) in wire.LeftOut)
                if (_leftOut.Add($"{id} {operation} {why}"))
                    BackendLog.OperationLeftOut(_logger, id, operation, why);
        return wire;
    }

    private HttpMessageInvoker ClientOf(BackendConfig config)
    {
        lock (_access)
            return _clients.TryGetValue(config.ConnectionDigest, out var client) ? client : _clients[config.ConnectionDigest] = _newClients.New(config, HttpWire.NewHandler(config.Limits.Connect, config.Connection.ForwardProxy));
    }
}
