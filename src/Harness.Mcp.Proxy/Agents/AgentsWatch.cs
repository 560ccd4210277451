using Harness.Mcp.Proxy.Backends.Configuration;
using Microsoft.Extensions.Hosting;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>Reads the registered agents again when their folder changes, so that an agent is switched off without a restart.</summary>
internal sealed class AgentsWatch(RegisteredAgents agents, TimeProvider time) : IHostedService, IAsyncDisposable
{
    private FolderWatch? _watch;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _watch = new FolderWatch(agents.Folder, "*.yaml", Reload, time);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _watch, null) is { } watch)
            await watch.DisposeAsync();
    }

    private ValueTask Reload(CancellationToken cancellationToken)
    {
        agents.Reload();
        return ValueTask.CompletedTask;
    }
}
