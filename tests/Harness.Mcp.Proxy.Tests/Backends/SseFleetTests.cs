using System.Text.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Fleet;
using Harness.Mcp.TestKit.Backends;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

/// <summary>A backend of the old transport, as the fleet finds and keeps it.</summary>
public sealed class SseFleetTests : IAsyncDisposable, INoticeSink
{
    private static readonly BackendId Old = new("old");

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("home");
    private BackendFleet? _fleet;

    public async ValueTask DisposeAsync()
    {
        if (_fleet is not null)
            await _fleet.DisposeAsync();
        _home.Delete(recursive: true);
    }

    public ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken) => default;

    [Fact]
    public async Task UntypedUrl_ThatKnowsNoStreamableHttp_IsSpokenToAsOld_AndAskedOnlyOnce()
    {
        await using var sse = await ScriptedSse.StartAsync();
        var fleet = await StartAsync(sse, "");

        Assert.IsType<BackendReply.Result>(await CallAsync(fleet, "m-1"));
        Assert.IsType<BackendReply.Result>(await CallAsync(fleet, "m-2"));

        var status = Assert.Single(fleet.Statuses);
        Assert.Equal(("sse", "2025-11-25", true), (status.Transport, status.Version, status.IsConnected));
        Assert.Equal("sse", Assert.Single(StatusFile.Read(Path.Combine(_home.FullName, "state"))!.Backends).Transport);
        Assert.Equal(["server/discover", "initialize", null, "initialize"], sse.Requests.Take(4).Select(request => request.Method));
        Assert.Equal(1, sse.Requests.Count(request => request.Method == "server/discover"));
        Assert.Equal(3, sse.Requests.Count(request => request.Verb == "GET")); // One stream for the list, and one for each mission.
    }

    [Theory]
    [InlineData("\"transport\": \"http\",")]
    [InlineData("\"era\": \"modern\",")]
    public async Task OwnerWhoSaysOther_IsObeyed(string member)
    {
        await using var sse = await ScriptedSse.StartAsync();
        var fleet = await StartAsync(sse, member);

        Assert.IsType<BackendReply.NotSent>(await CallAsync(fleet, "m-1"));
        Assert.DoesNotContain(sse.Requests, request => request.Verb == "GET");
        Assert.Contains("HTTP 405", Assert.Single(fleet.Statuses).LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ModernAnswers_AreNeverFollowedByTheOldTransport()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true });
        var fleet = await StartAsync(http.Endpoint, "");
        Assert.IsType<BackendReply.Result>(await CallAsync(fleet, "m-1"));

        http.Instead = (404, "");
        Assert.IsType<BackendReply.NotSent>(await CallAsync(fleet, "m-1"));

        Assert.DoesNotContain(http.Requests, request => request.Verb == "GET");
        Assert.Equal("http", Assert.Single(fleet.Statuses).Transport);
    }

    [Fact]
    public async Task LostStream_IsReplaced_AfterAPause_AndNoCallIsSentAgain()
    {
        await using var sse = await ScriptedSse.StartAsync();
        var fleet = await StartAsync(sse, "\"transport\": \"sse\",");
        await CallAsync(fleet, "m-1");

        Assert.IsType<BackendReply.Lost>(await CallAsync(fleet, "m-1", "die"));
        var attempts = 0;
        while (await CallAsync(fleet, "m-1") is not BackendReply.Result)
        {
            Assert.True(++attempts < 100, "No new stream was opened in 5 s.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Equal(3, sse.Requests.Count(request => request.Method == "tools/call"));
        Assert.All(sse.Requests.Where(request => request.Body.Length > 0), request => Assert.NotEqual("server/discover", request.Method));
    }

    private Task<BackendFleet> StartAsync(ScriptedSse sse, string member) => StartAsync(sse.Endpoint, member);

    private async Task<BackendFleet> StartAsync(Uri endpoint, string member)
    {
        var servers = _home.CreateSubdirectory("servers.config").FullName;
        await File.WriteAllTextAsync(Path.Combine(servers, "old.json"), $$"""
            { "name": "old", "owner": "o", "domain": "d", {{member}} "url": "{{endpoint}}", "timeouts": { "connect": "5s" } }
            """, TestContext.Current.CancellationToken);
        _fleet = new BackendFleet(
            new BackendFleetPlaces(_home.FullName, servers, Path.Combine(_home.FullName, "state"), Opened.Guard), TimeProvider.System, NullLogger<BackendFleet>.Instance);
        await _fleet.StartAsync(TestContext.Current.CancellationToken);
        await _fleet.WaitForFirstListingsAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        return _fleet;
    }

    private async Task<BackendReply> CallAsync(BackendFleet fleet, string mission, string tool = "echo") =>
        await fleet.Find(Old)!.CallAsync(Opened.Call(tool) with { Mission = new MissionId(mission) }, this, TestContext.Current.CancellationToken);
}
