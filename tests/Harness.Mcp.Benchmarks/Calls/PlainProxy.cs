using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>YARP with one route and nothing else: what any proxy in C# costs before it governs anything.</summary>
internal static class PlainProxy
{
    public static async Task RunAsync(string url, string backend)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "echo", Match = new RouteMatch { Path = "{**all}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "echo",
                    Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal) { ["echo"] = new() { Address = backend } },
                },
            ]);
        var app = builder.Build();
        app.MapReverseProxy();
        await app.RunAsync();
    }
}
