using System.Threading.Channels;
using Harness.Mcp.Hosting;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Chains;
using Harness.Mcp.Store.Verification;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Harness.Mcp.Demo;

/// <summary>One demo from start to end: the proxy in this process, the sample backends and the agent as its children.</summary>
internal sealed class DemoRun(DemoHome home, DemoScreen screen)
{
    private static readonly string[] BackendsAwaited = ["directory", "fleet", "siem", "hr", "mail", "tickets"];

    private static readonly TimeSpan BackendsWithin = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan PaceWatched = TimeSpan.FromMilliseconds(500);

    /// <summary>Errors alone, so that the demo's own lines stay together; and a port that nobody uses.</summary>
    private static readonly Dictionary<string, string?> Settings = new(StringComparer.Ordinal)
    {
        ["Listen:Url"] = "http://127.0.0.1:0",
        ["Logging:LogLevel:Default"] = "Error",
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Error",
    };

    /// <returns>Whether all went as it should.</returns>
    /// <exception cref="DemoException">The demo could not go on.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        DotnetHost.PutIntoPath();
        using var exclusive = HomeLock.Take(home.Home) ?? throw new DemoException($"Another process works on {home.Home.Root}.");
        var happenings = Channel.CreateUnbounded<Happening>(new UnboundedChannelOptions { SingleReader = true });
        using var recorder = new SpanRecorder(() => happenings.Writer.TryWrite(new Happening.ChainMoved()));
        await using var app = HarnessApp.Build(home.Home, Settings);

        screen.Heading("Start");
        await app.StartAsync(cancellationToken);
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
            ?? throw new DemoException("The proxy listens nowhere.");
        screen.Note($"Proxy on {url}, development mode: every request on this loopback port counts as the agent {DemoHome.Agent}.");
        await AwaitBackendsAsync(app.Services.GetRequiredService<IToolCatalog>(), cancellationToken);

        var store = app.Services.GetRequiredService<IChainStore>();
        var story = new ChainStory(store, await DemoMission.OpenAsync(home.Home, store, cancellationToken));
        screen.Heading($"The agent works under {story.Mission}: \"{DemoMission.Task}\"");
        var exitCode = await WorkAsync(story, new Uri($"{url}/m/{story.Mission}/mcp"), happenings, cancellationToken);
        await DemoMission.CompleteAsync(story.Mission, store, cancellationToken);
        await ShowNewAsync(story, cancellationToken);

        return await AuditAsync(app, story, recorder, exitCode, cancellationToken);
    }

    private async Task AwaitBackendsAsync(IToolCatalog catalog, CancellationToken cancellationToken)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        catalog.Changed += Look;
        try
        {
            Look();
            await arrived.Task.WaitAsync(BackendsWithin, cancellationToken);
        }
        catch (TimeoutException late)
        {
            throw new DemoException($"These sample backends did not answer within {BackendsWithin.TotalSeconds:0} s: {string.Join(", ", Missing())}. Is `dotnet` in PATH?", late);
        }
        finally
        {
            catalog.Changed -= Look;
        }

        var backends = catalog.Current.Tools.Select(tool => tool.Facts.Id.Backend).Distinct().ToArray();
        screen.Note($"{backends.Length} backends with {catalog.Current.Tools.Length} tools: {string.Join(", ", backends)}.");

        void Look()
        {
            if (!Missing().Any())
                arrived.TrySetResult();
        }

        IEnumerable<string> Missing() =>
            BackendsAwaited.Except(catalog.Current.Tools.Select(tool => tool.Facts.Id.Backend.Value), StringComparer.Ordinal);
    }

    private async Task<int> WorkAsync(ChainStory story, Uri endpoint, Channel<Happening> happenings, CancellationToken cancellationToken)
    {
        await ShowNewAsync(story, cancellationToken);
        using var agent = AgentProcess.Start(
            home.AgentProgram, endpoint, DemoMission.Task, screen.IsWatched ? PaceWatched : TimeSpan.Zero, line => happenings.Writer.TryWrite(new Happening.AgentSaid(line)));
        var ended = EndAsync();
        await foreach (var happening in happenings.Reader.ReadAllAsync(cancellationToken))
        {
            if (happening is Happening.AgentSaid said)
                screen.Said(said.Line);
            else
                await ShowNewAsync(story, cancellationToken);
        }

        await ShowNewAsync(story, cancellationToken);
        return await ended;

        async Task<int> EndAsync()
        {
            try
            {
                return await agent.WaitAsync(cancellationToken);
            }
            finally
            {
                happenings.Writer.TryComplete();
            }
        }
    }

    private async Task ShowNewAsync(ChainStory story, CancellationToken cancellationToken)
    {
        foreach (var step in await story.ReadOnAsync(cancellationToken))
            screen.Show(step);
    }

    private async Task<bool> AuditAsync(
        WebApplication app, ChainStory story, SpanRecorder recorder, int exitCode, CancellationToken cancellationToken)
    {
        var view = new AuditorView(screen.Console, story);
        if (DemoExpectations.Stop(story) is { } stop)
        {
            screen.Heading("What was stopped, and why");
            view.ShowDenial(stop);
        }

        screen.Heading("What the auditor sees: the chain");
        view.ShowChain();
        var finding = app.Services.GetRequiredService<IChainStore>() is IRecordStore records
            ? await ChainVerifier.VerifyAsync(records, story.Mission, cancellationToken)
            : new ChainFinding.Unreadable(story.Mission, "This store shows no records.");
        view.ShowVerification(finding);

        if (DemoExpectations.Stop(story) is { } stopped)
        {
            screen.Heading("What the auditor sees: the trace of the stopped call");
            view.ShowTrace(recorder.Of(stopped.Call.Call.ToString()));
            if (story.Permitted.LastOrDefault() is { } permitted)
                view.ShowTraceNames(permitted, recorder.Of(permitted.Call.Call.ToString()));
        }

        var unmet = DemoExpectations.Unmet(
            story, finding, call => recorder.Of(call.ToString()), exitCode, isScripted: string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OPENAI_MODEL")));
        foreach (var problem in unmet)
            await Console.Error.WriteLineAsync($"The demo did not go as it should: {problem}");
        if (unmet.IsEmpty)
        {
            screen.Success(
                $"{story.Permitted.Length} calls over {story.Permitted.Select(step => step.Call.Tool.Id.Backend).Distinct().Count()} backends were permitted, {story.Denied.Length} stopped; nothing left the company.");
        }

        return unmet.IsEmpty;
    }

    /// <summary>What the demo waits for while the agent works.</summary>
    private abstract record Happening
    {
        private Happening() { }

        public sealed record AgentSaid(string Line) : Happening;

        public sealed record ChainMoved : Happening;
    }
}
