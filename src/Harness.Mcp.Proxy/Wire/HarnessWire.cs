using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Wire.Modern;
using Harness.Mcp.Proxy.Wire.Reads;
using Harness.Mcp.Proxy.Wire.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ModelContextProtocol.AspNetCore;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>Puts the agent side of the wire into a program: MCP over Streamable HTTP, both protocol eras, behind the gate.</summary>
public static class HarnessWire
{
    /// <summary>The path of the endpoint for an agent with one open mission.</summary>
    public const string Path = "/mcp";

    /// <summary>The path of one mission's endpoint.</summary>
    public const string MissionPath = "/m/{mission}/mcp";

    /// <summary>
    /// Adds the endpoint, configured by section `Wire`. It needs an <see cref="IEnforcement"/> and an
    /// <see cref="IAgentAuthenticator"/>.
    /// </summary>
    public static IServiceCollection AddHarnessWire(this IServiceCollection services)
    {
        services.AddOptions<WireOptions>()
            .BindConfiguration(WireOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<WireOptions>>(Limit);

        // What the socket brings is worked on by the thread that it woke, and what is answered leaves from there: nothing here blocks but on a disk.
        services.AddOptions<SocketTransportOptions>().Configure(sockets => sockets.UnsafePreferInlineScheduling = true);

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<HostGuard>();
        services.AddSingleton<LegacySessions>();
        services.AddSingleton<MissionTools>();
        services.AddSingleton<ToolListNotices>();
        services.AddSingleton<ReadLists>();
        services.AddSingleton<ReadNotices>();
        services.AddSingleton<ListenStreams>();
        services.AddSingleton<TaskRequests>();
        services.AddSingleton<TaskNotices>();
        services.AddSingleton<AgentGate>();
        services.AddSingleton<AgentEndpoint>();
        services.AddSingleton<ModernEndpoint>();
        services.AddSingleton<SessionRun>();

        services.AddMcpServer().WithHttpTransport();
        services.AddOptions<McpServerOptions>().Configure<AgentEndpoint>((server, endpoint) =>
        {
            server.ServerInfo = new Implementation { Name = Presentation.Name, Version = Presentation.Version };
            server.Filters.Message.IncomingFilters.Add(
                next => (context, cancellationToken) => endpoint.HandleAsync(context, next, cancellationToken));
        });
        services.AddOptions<HttpServerTransportOptions>().Configure<IOptions<WireOptions>, SessionRun>((transport, wire, run) =>
        {
            transport.SessionMode = HttpServerSessionMode.StatefulForInitializeClients;
#pragma warning disable MCP9006, MCPEXP002 // The `initialize` era has sessions as long as agents use it; they need bounds and an owner.
            transport.IdleTimeout = wire.Value.SessionIdleTimeout;
            transport.MaxIdleSessionCount = wire.Value.IdleSessionsMax;
            transport.RunSessionHandler = run.RunAsync;
#pragma warning restore MCP9006, MCPEXP002
        });
        return services;
    }

    /// <summary>Maps <see cref="Path"/> and <see cref="MissionPath"/>, each behind the gate.</summary>
    public static IEndpointConventionBuilder MapHarnessWire(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);

        var gate = endpoints.ServiceProvider.GetRequiredService<AgentGate>();
        var group = endpoints.MapGroup("");
        group.MapMcp(Path);
        group.MapMcp(MissionPath);
        ((IEndpointConventionBuilder)group).Finally(builder =>
        {
            var endpoint = builder.RequestDelegate ?? throw new InvalidOperationException("An MCP endpoint has no request delegate.");
            builder.RequestDelegate = http => gate.InvokeAsync(http, endpoint);
        });
        return group;
    }

    /// <summary>Bounds what connections alone may cost, before any request is read.</summary>
    private static void Limit(KestrelServerOptions kestrel, IOptions<WireOptions> options)
    {
        kestrel.AddServerHeader = false;
        FramingGuard.Apply(kestrel);
        kestrel.Limits.MaxConcurrentConnections = options.Value.ConnectionsMax;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
    }
}
