using System.Diagnostics;
using System.Text.Json;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Faults;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>Calls that say nothing for long, behind servers that take silence for death.</summary>
public sealed class QuietStreamTests
{
    private static readonly TimeSpan SilenceMost = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CallOfTenMinutes_IsNeverQuietForLong(bool isModern)
    {
        var time = new ManualTime();
        await using var host = await WireHost.StartAsync(services => services.AddSingleton<TimeProvider>(time));
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Enforcement.OnCall = async (_, _, _) =>
        {
            await end.Task;
            return FakeEnforcement.Answer("done");
        };
        var token = TestContext.Current.CancellationToken;
        using var request = isModern
            ? WireHost.Modern("tools/call", """{"name":"slow"}""").ToMessage()
            : await LegacyCallAsync(host);
        var answering = host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
        while (host.Enforcement.Calls.Count == 0)
            await Task.Delay(5, token);

        // The first comment brings the headers; each further one must come before the next quarter of a minute is over.
        HttpResponseMessage? response = null;
        StreamReader? reader = null;
        var comments = 0;
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromMinutes(10); passed += SilenceMost)
        {
            await time.AdvanceAsync(SilenceMost, () => Task.CompletedTask);
            response ??= await answering.WaitAsync(TimeSpan.FromSeconds(20), token);
            reader ??= new StreamReader(await response.Content.ReadAsStreamAsync(token));
            while (await reader.ReadLineAsync(token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), token) is { } line)
            {
                if (!line.StartsWith(':')) continue;
                comments++;
                break;
            }
        }

        end.SetResult();
        var answer = "";
        while (await reader!.ReadLineAsync(token) is { } line)
            if (line.StartsWith("data: {", StringComparison.Ordinal)) answer = line["data: ".Length..];
        Assert.Equal("done", JsonElement.Parse(answer).GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(40, comments);
        reader.Dispose();
        response!.Dispose();
    }

    [Fact]
    public async Task CallThatIsLongerThanAFrontWaits_Completes()
    {
        var (patience, duration) = FaultRun.IsWhole ? (TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(10)) : (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6));
        await using var host = await WireHost.StartAsync(("Wire:HeartbeatInterval", FaultRun.IsWhole ? "00:00:10" : "00:00:00.300"));
        await using var front = await FrontServer.YarpAsync(host.Url, patience);
        host.Enforcement.OnCall = async (_, _, cancellationToken) =>
        {
            await Task.Delay(duration, cancellationToken);
            return FakeEnforcement.Answer("done");
        };
        using var client = new HttpClient { BaseAddress = front.Url, Timeout = Timeout.InfiniteTimeSpan };
        using var request = WireHost.Modern("tools/call", """{"name":"slow"}""").ToMessage();
        request.Headers.Host = "localhost";

        var began = Stopwatch.StartNew();
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var answer = await Answer.OfAsync(response);

        FaultRun.Report("quiet_call_s", began.Elapsed.TotalSeconds);
        FaultRun.Report("quiet_call_front_patience_s", patience.TotalSeconds);
        Assert.Equal("done", answer.Result.GetProperty("content")[0].GetProperty("text").GetString());
    }

    private static async Task<HttpRequestMessage> LegacyCallAsync(WireHost host)
    {
        var session = await host.OpenSessionAsync();
        var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = WireHost.Json("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}""") };
        WireHost.Address(request, "soc");
        request.Headers.Add("Mcp-Session-Id", session);
        return request;
    }
}
