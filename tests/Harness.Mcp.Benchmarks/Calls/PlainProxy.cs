using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>
/// YARP with one route and nothing else: what any proxy in C# costs before it governs anything. With a file it also makes two records a call
/// durable, one before the call leaves and one before its answer does: what any proxy costs that records before it acts, and still governs nothing.
/// </summary>
internal static class PlainProxy
{
    /// <param name="records">The file that records go to; null for no records.</param>
    public static async Task RunAsync(string url, string backend, string? records = null)
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
        if (records is not null)
        {
            var file = new DurableFile(records);
            app.Use(async (http, next) =>
            {
                await file.AppendAsync();
                http.Response.OnStarting(async () => await file.AppendAsync());
                await next(http);
            });
        }

        app.MapReverseProxy();
        await app.RunAsync();
    }
}
