using System.Diagnostics;
using System.Globalization;
using Harness.Mcp.TestKit.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>An HTTP server that stands in front of the proxy and shares its connections to it among all who ask.</summary>
internal sealed class FrontServer : IAsyncDisposable
{
    private readonly Func<Task<int>> _count;
    private readonly Func<ValueTask> _stop;

    private FrontServer(Uri url, Func<Task<int>> count, Func<ValueTask> stop) => (Url, _count, _stop) = (url, count, stop);

    public Uri Url { get; }

    /// <summary>How many requests it passed on.</summary>
    public Task<int> PassedAsync() => _count();

    /// <param name="patience">How long an answer may be silent before it is given up; null for the usual time.</param>
    public static async Task<FrontServer> YarpAsync(Uri target, TimeSpan? patience = null)
    {
        var passed = 0;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddHttpForwarder();
        var app = builder.Build();
        var client = new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
        app.MapFallback(async (Microsoft.AspNetCore.Http.HttpContext http, IHttpForwarder forwarder) =>
        {
            Interlocked.Increment(ref passed);
            await forwarder.SendAsync(http, target.ToString(), client, new ForwarderRequestConfig { ActivityTimeout = patience });
        });
        await app.StartAsync();
        return new FrontServer(new Uri(app.Urls.Single()), () => Task.FromResult(Volatile.Read(ref passed)), async () =>
        {
            await app.DisposeAsync();
            client.Dispose();
        });
    }

    public static async Task<FrontServer> NodeAsync(Uri target)
    {
        var process = Process.Start(new ProcessStartInfo("node", [NpmParts.Script("front.mjs"), target.ToString()]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var url = new Uri($"http://127.0.0.1:{await process.StandardOutput.ReadLineAsync()}");
        var http = new HttpClient();
        return new FrontServer(url, async () => int.Parse(await http.GetStringAsync(new Uri(url, "count")), CultureInfo.InvariantCulture), () =>
        {
            http.Dispose();
            process.Kill();
            process.Dispose();
            return default;
        });
    }

    public ValueTask DisposeAsync() => _stop();
}
