using System.Collections.Immutable;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Guard;
using Harness.Mcp.Proxy.Backends.OAuth;
using Harness.Mcp.Proxy.Backends.Probing;

namespace Harness.Mcp.Servers;

/// <summary>One backend, looked at once.</summary>
/// <param name="Tools">What it lists now; null where it could not be reached.</param>
internal sealed record BackendLook(BackendConfig Config, ProbeResult Result, ToolsAtHand? Tools)
{
    /// <summary>Backends that are started at once: each is a process of its own, or two.</summary>
    private const int AtOnceMax = 4;

    public string Transport => Result is ProbeResult.Reached reached ? reached.Transport : Config.Connection.Transport;

    /// <param name="limit">Longest time for each.</param>
    /// <returns>In the order of <paramref name="configs"/>.</returns>
    public static async Task<ImmutableArray<BackendLook>> AtAllAsync(
        Home home, IEnumerable<BackendConfig> configs, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var places = new SemaphoreSlim(AtOnceMax);
        var looks = await Task.WhenAll(configs.Select(async config =>
        {
            await places.WaitAsync(cancellationToken);
            try
            {
                return await AtAsync(home, config, limit, cancellationToken);
            }
            finally
            {
                places.Release();
            }
        }));
        return [.. looks];
    }

    public static async Task<BackendLook> AtAsync(Home home, BackendConfig config, TimeSpan limit, CancellationToken cancellationToken)
    {
        var result = await new BackendProbe(GuardProgram.Self(), new BackendClients(home.State, TimeProvider.System), TimeProvider.System).RunAsync(config, limit, cancellationToken);
        var tools = result is ProbeResult.Reached reached
            ? ToolsAtHand.Of(config, reached.Tools, HomeServers.Pins(home), TimeProvider.System.GetUtcNow(), reached.Others)
            : null;
        return new BackendLook(config, result, tools);
    }
}
