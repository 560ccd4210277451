using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>
/// Says at each start that development mode is on, and stops the program where a listener is not on loopback. The authenticator refuses
/// requests from elsewhere on its own, so nothing slips in before this check.
/// </summary>
internal sealed class DevelopmentModeCheck(
    IServer server, RegisteredAgents agents, IOptions<AgentAuthenticationOptions> options, ILogger<DevelopmentModeCheck> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (options.Value.DevelopmentAgentId is { } id)
        {
            if (agents.Current.Find(id) is null)
                throw new InvalidOperationException($"`Agents:DevelopmentAgent` names `{id}`, which no file in `agents/` registers. Register it, or name one of: {string.Join(", ", agents.Current.Agents.Select(agent => $"`{agent.Id}`"))}.");
            AgentsLog.DevelopmentMode(logger, id);
        }

        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (options.Value.IsDevelopment && server.Features.Get<IServerAddressesFeature>() is { } feature && FirstExposed(feature.Addresses) is { } exposed)
        {
            AgentsLog.DevelopmentModeExposed(logger, exposed);
            throw new InvalidOperationException($"Development mode is for this machine alone, but the proxy listens on `{exposed}`. Listen on `http://127.0.0.1:PORT`, or set `Agents:Issuer` and `Agents:Audience`.");
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The first listener that is not on loopback; a Unix socket is on this machine alone.</summary>
    internal static string? FirstExposed(IEnumerable<string> addresses) => addresses.FirstOrDefault(address =>
        !address.Contains("://unix:", StringComparison.OrdinalIgnoreCase)
        && !(Uri.TryCreate(address, UriKind.Absolute, out var uri) && AgentAuthenticationOptions.IsLoopback(uri)));
}
