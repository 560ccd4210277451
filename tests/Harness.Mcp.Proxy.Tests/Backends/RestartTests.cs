using System.Collections.Concurrent;
using System.Diagnostics;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Fleet;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Faults;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

/// <summary>Backends that come back: sessions are renewed once for all, and a dead one is found alive within a minute.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task ForgottenSessions_AreRenewed_UnderAHundredCallsASecond()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script());
        http.AnswersJson = true;
        await using var opened = await Opened.OverHttpAsync(http);
        var replies = new ConcurrentBag<(BackendReply Reply, TimeSpan Took)>();
        var calls = new List<Task>();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));

        for (var call = 0; call < 200; call++)
        {
            if (call is 50 or 120)
                http.ForgetSessions();
            calls.Add(CallAsync());
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        await Task.WhenAll(calls);
        var slowest = replies.Max(reply => reply.Took);
        FaultRun.Report("session_recovery_s", slowest.TotalSeconds);
        Assert.All(replies, reply => Assert.IsType<BackendReply.Result>(reply.Reply));
        Assert.Equal(3, http.Requests.Count(request => request.Method == "initialize"));
        Assert.True(slowest < TimeSpan.FromSeconds(2), $"The slowest call took {slowest}.");

        async Task CallAsync()
        {
            var began = Stopwatch.GetTimestamp();
            var reply = await opened.CallAsync("echo");
            replies.Add((reply, Stopwatch.GetElapsedTime(began)));
        }
    }

    [Fact]
    public async Task DeadBackend_ThatIsMended_IsFoundAliveWithinAMinute()
    {
        var time = new ManualTime();
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        using var client = HttpWire.NewClient(TimeSpan.FromSeconds(5));
        var connection = new BackendConnection.Http(http.Endpoint, System.Collections.Immutable.ImmutableDictionary<string, Secret>.Empty) { Form = HttpForm.Streamable };
        var config = Opened.Config("mended", connection);
        var (isMended, attempts) = (false, 0);
        var listed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IWire> Open(BackendConfig of, IWireReceiver receiver, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref attempts);
            return Volatile.Read(ref isMended) ? Task.FromResult<IWire>(new HttpWire(connection, client, 1024 * 1024, receiver, TimeProvider.System)) : throw new WireException("Its pipe is dead.");
        }

        var opener = new ChannelOpener(config, Open, time, NullLogger.Instance);
        var listing = new ListingLoop(config.Id, config.Limits, opener, time, NullLogger.Instance) { Listed = _ => listed.TrySetResult(), StateChanged = _ => { } };
        using var stop = new CancellationTokenSource();
        var running = Task.Run(() => listing.RunAsync(stop.Token), TestContext.Current.CancellationToken);

        await time.AdvanceAsync(TimeSpan.FromMinutes(10), RestAsync);
        var (mendedAt, before) = (time.GetUtcNow(), attempts);
        Volatile.Write(ref isMended, true);
        while (!listed.Task.IsCompleted && time.GetUtcNow() - mendedAt < TimeSpan.FromMinutes(5))
        {
            await time.AdvanceAsync(TimeSpan.FromSeconds(1), RestAsync);
            if (attempts > before)
                await listed.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        await running;
        FaultRun.Report("mended_backend_found_s", (time.GetUtcNow() - mendedAt).TotalSeconds);
        Assert.True(listed.Task.IsCompleted);
        Assert.True(time.GetUtcNow() - mendedAt <= TimeSpan.FromSeconds(60));
        Assert.Equal(before + 1, attempts);

        // The loop has come to rest when it waits for a moment that lies ahead.
        async Task RestAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            while (!listed.Task.IsCompleted && (time.NextDue is not { } due || due <= time.GetUtcNow()))
                await Task.Delay(1, limit.Token);
        }
    }
}
