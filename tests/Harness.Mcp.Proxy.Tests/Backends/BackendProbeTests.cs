using System.Collections.Immutable;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.OAuth;
using Harness.Mcp.Proxy.Backends.Probing;
using Harness.Mcp.TestKit.Backends;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public sealed class BackendProbeTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("exit 3", "ended", "by hand")]
    [InlineData("echo 'Error: MAIL_TOKEN environment variable is required' >&2; exit 1", "variable-missing", "\"env\": { \"MAIL_TOKEN\": \"${env:MAIL_TOKEN}\" }")]
    [InlineData("cat /no/such/file.js", "file-not-found", "`args`")]
    [InlineData("echo 'Server is starting'; exit 1", "junk-on-output", "error stream")]
    [InlineData("printf 'code: \\047MODULE_NOT_FOUND\\047\\nmust be set: PATH\\n' >&2; exit 1", "ended", "by hand")]
    public async Task Program_ThatEnds_IsDiagnosed(string script, string cause, string remedy)
    {
        var failed = await FailAsync(Shell(script), Limit);

        Assert.Equal(cause, failed.Cause.Id);
        Assert.Contains(remedy, failed.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec cat >/dev/null", "silent")]
    [InlineData("echo Ready; exec cat >/dev/null", "junk-on-output")]
    public async Task Program_ThatDoesNotAnswer_IsGivenUpInTime(string script, string cause)
    {
        var failed = await FailAsync(Shell(script), TimeSpan.FromSeconds(1));

        Assert.Equal(cause, failed.Cause.Id);
    }

    [Fact]
    public async Task Program_ThatCannotBeStarted_IsToldFromOneThatIsNotThere()
    {
        var shell = Shell("true");

        var unknown = await FailAsync(shell with { Command = "no-such-program" }, Limit);
        var path = await FailAsync(shell with { Command = "/no/such/program" }, Limit);
        var folder = await FailAsync(shell with { WorkingDirectory = "/no/such/folder" }, Limit);
        var text = await FailAsync(shell with { Command = "/etc/hostname" }, Limit);

        Assert.Equal(["command-not-found", "command-not-found", "folder-not-found", "not-runnable"], new[] { unknown, path, folder, text }.Select(failed => failed.Cause.Id));
        Assert.Contains("PATH, which is `/usr/bin:/bin`", unknown.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_ThatDiesOverDiscover_IsAskedAgainWithoutIt()
    {
        var reached = await ReachAsync(Opened.Stdio(new Script { DiesOnDiscover = true }));

        Assert.Equal("2025-11-25", reached.Era.ProtocolVersion);
        Assert.Contains(reached.Tools, tool => tool.GetProperty("name").GetString() == "echo");
        Assert.Null(reached.Junk);
    }

    [Fact]
    public async Task JunkBeforeGoodAnswers_IsSaid()
    {
        var stdio = Opened.Stdio(new Script());

        var reached = await ReachAsync(stdio with
        {
            Command = "/bin/sh",
            Arguments = ["-c", "echo \"Starting on $1\"; shift; exec \"$@\"", "sh", "stdio", stdio.Command, .. stdio.Arguments],
        });

        Assert.Equal("Starting on stdio", reached.Junk);
    }

    [Theory]
    [InlineData(401, "credentials")]
    [InlineData(403, "credentials")]
    [InlineData(307, "redirected")]
    [InlineData(404, "no-endpoint")]
    [InlineData(405, "no-endpoint")]
    [InlineData(503, "server-error")]
    [InlineData(400, "protocol")]
    public async Task Status_IsDiagnosed(int status, string cause)
    {
        await using var http = await ScriptedHttp.StartAsync(new Script());
        http.Instead = (status, "{}");

        var failed = await FailAsync(Http(http.Endpoint), Limit);

        Assert.Equal(cause, failed.Cause.Id);
        Assert.DoesNotContain("proxy-own", failed.Message + failed.Remedy, StringComparison.Ordinal);
        if (status == 307)
            Assert.Contains("http://127.0.0.1:1/elsewhere", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WebPage_IsNotMcp_AndAPathIsProposed()
    {
        await using var page = await PageAsync();

        var failed = await FailAsync(Http(new Uri(page.Urls.First() + "/")), Limit);

        Assert.Equal("not-mcp", failed.Cause.Id);
        Assert.Contains("`text/html`", failed.Message, StringComparison.Ordinal);
        Assert.Contains("/mcp", failed.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpForm.Either)]
    [InlineData(HttpForm.Sse)]
    public async Task OldTransport_IsReached_AndNamed(object form)
    {
        await using var sse = await ScriptedSse.StartAsync();

        var reached = await ReachAsync(Http(sse.Endpoint) with { Form = (HttpForm)form });

        Assert.Equal(("sse", "2025-11-25"), (reached.Transport, reached.Era.ProtocolVersion));
        Assert.Contains(reached.Tools, tool => tool.GetProperty("name").GetString() == "echo");
    }

    [Fact]
    public async Task OldTransport_ThatCannotBeUsed_IsDiagnosed()
    {
        await using var sse = await ScriptedSse.StartAsync();
        await using var http = await ScriptedHttp.StartAsync(new Script());

        var streamable = await FailAsync(Http(sse.Endpoint) with { Form = HttpForm.Streamable }, Limit);
        var old = await FailAsync(Http(http.Endpoint) with { Form = HttpForm.Sse }, Limit);
        var web = await PageAsync();
        var page = await FailAsync(Http(new Uri(web.Urls.First() + "/")) with { Form = HttpForm.Sse }, Limit);
        await web.DisposeAsync();
        sse.Beginning = "event: endpoint\ndata: http://127.0.0.1:1/message\n\n";
        var foreign = await FailAsync(Http(sse.Endpoint), Limit);
        sse.Beginning = "";
        var silent = await FailAsync(Http(sse.Endpoint) with { Form = HttpForm.Sse }, TimeSpan.FromSeconds(1));

        Assert.Equal(["no-endpoint", "no-endpoint", "not-mcp", "protocol", "silent"], new[] { streamable, old, page, foreign, silent }.Select(failed => failed.Cause.Id));
        Assert.Contains("\"transport\": \"sse\"", streamable.Remedy, StringComparison.Ordinal);
        Assert.Contains("take `transport` away", old.Remedy, StringComparison.Ordinal);
        Assert.Contains("another origin", foreign.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Network_IsDiagnosed()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script());

        var refused = await FailAsync(Http(new Uri("http://127.0.0.1:9/mcp")), Limit);
        var plain = await FailAsync(Http(new Uri($"https://127.0.0.1:{http.Endpoint.Port}/mcp")), Limit);
        var unknown = await FailAsync(Http(new Uri("http://nobody.invalid/mcp")), Limit);
        http.Script = new Script { NeverAnswers = true, IsModern = true };
        var silent = await FailAsync(Http(http.Endpoint), TimeSpan.FromSeconds(1));

        Assert.Equal(["unreachable", "tls", "host-unknown", "silent"], new[] { refused, plain, unknown, silent }.Select(failed => failed.Cause.Id));
        Assert.Contains("http://", plain.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ToolsAtHand_AreHeldAgainstPinsAndTerms_AndNothingIsWritten()
    {
        var folder = Directory.CreateTempSubdirectory("harness-pins-");
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true });
        var pins = new PinFolder(folder.FullName);
        var config = Opened.Config("web", Http(http.Endpoint)) with
        {
            Tools = ImmutableDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create("echo", Reads), KeyValuePair.Create("gone", Reads)]),
        };

        var unseen = ToolsAtHand.Of(config, (await ReachAsync(config.Connection)).Tools, pins, DateTimeOffset.UnixEpoch);
        var wasEmpty = folder.GetFileSystemInfos().Length == 0;
        pins.WriteApproved(new PinFile("web", unseen.Tools.Where(tool => tool.Definition.Name != "fail").ToImmutableSortedDictionary(
            tool => tool.Definition.Name, tool => new Pin(tool.Definition.Digest.Value, DateTimeOffset.UnixEpoch, "me", tool.Definition.Json))));
        http.Script = http.Script with { Description = "Says what it was told, and more." };
        var seen = ToolsAtHand.Of(config, (await ReachAsync(config.Connection)).Tools, pins, DateTimeOffset.UnixEpoch);

        Assert.True(unseen.IsFirstUse);
        Assert.True(wasEmpty);
        Assert.Empty(unseen.Drifted);
        Assert.Equal(["echo"], seen.Drifted);
        Assert.Equal(["fail"], seen.Unapproved);
        Assert.Equal(["gone"], seen.Missing);
        Assert.DoesNotContain("echo", seen.Undescribed);
        Assert.Contains("fail", seen.Undescribed);
        folder.Delete(recursive: true);
    }

    private static ToolTerms Reads { get; } = new() { Effect = Core.Tools.Effect.Read };

    private static BackendConnection.Stdio Shell(string script) => new(
        "/bin/sh", ["-c", script], ImmutableDictionary<string, Secret>.Empty.Add("PATH", new Secret("/usr/bin:/bin")), "/");

    private static BackendConnection.Http Http(Uri endpoint) => new(endpoint, ImmutableDictionary<string, Secret>.Empty.Add("Authorization", new Secret("Bearer proxy-own")));

    private static async Task<ProbeResult.Failed> FailAsync(BackendConnection connection, TimeSpan limit) => Assert.IsType<ProbeResult.Failed>(await RunAsync(connection, limit));

    private static async Task<ProbeResult.Reached> ReachAsync(BackendConnection connection) => Assert.IsType<ProbeResult.Reached>(await RunAsync(connection, Limit));

    private static Task<ProbeResult> RunAsync(BackendConnection connection, TimeSpan limit) =>
        new BackendProbe(Opened.Guard, new BackendClients(Path.GetTempPath(), TimeProvider.System), TimeProvider.System).RunAsync(Opened.Config("probed", connection), limit, TestContext.Current.CancellationToken);

    private static async Task<WebApplication> PageAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Map("/", () => Results.Content("<p>Hello.</p>", "text/html"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
