using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Tests.Commands;

public sealed class ServersCommandTests : IDisposable
{
    private const string Mission = """
        mission: watch
        objective: Look at accounts.
        owner: soc@corp.example
        agents: [soc-responder]
        lifetime: 2h
        grants:
          - tools: [web/echo]
          - read: ["domain:web-data"]
        """;

    private readonly HomeFolder _home = new();

    private string FileOfWeb => _home.File("servers.config/web.json");

    private PinFolder Pins => new(_home.File("state/pins"));

    [Fact]
    public async Task Add_WritesAFileThatWorks_ProposesEffects_AndApprovesNothing()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true, ExtraTools = ["delete_user", "get_user"] });

        var added = await AddAsync(http, "--owner", "web@corp.example", "--domain", "web-data");
        var tested = await _home.RunAsync("servers", "test", "web", "--format", "json");
        var approved = await _home.RunAsync("servers", "approve", "web", "--yes");
        var again = await TestedAsync();

        Assert.True(added.ExitCode == 0, added.Error);
        var file = JsonElement.Parse(await File.ReadAllTextAsync(FileOfWeb, TestContext.Current.CancellationToken));
        Assert.Equal(["name", "owner", "domain", "url"], file.EnumerateObject().Select(member => member.Name));
        Assert.Contains("revision 2026-07-28 and lists 20 tools", added.Output, StringComparison.Ordinal);
        Assert.Contains("\"delete_user\": { \"effect\": \"destructive\", \"labels\": [\"untrusted\"], \"sinks\": [\"external\"] }", added.Output, StringComparison.Ordinal);
        Assert.Contains("\"get_user\": { \"effect\": \"read\", \"labels\": [\"untrusted\"], \"sinks\": [\"external\"] }", added.Output, StringComparison.Ordinal);
        Assert.Contains("counts as the widest class", added.Output, StringComparison.Ordinal);
        var before = JsonElement.Parse(tested.Output).GetProperty("backends")[0];
        Assert.Equal((0, 20, 20), (tested.ExitCode, before.GetProperty("undescribed").GetArrayLength(), before.GetProperty("unapproved").GetArrayLength()));
        Assert.Equal(0, approved.ExitCode);
        Assert.Equal(0, again.GetProperty("unapproved").GetArrayLength());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OldTransport_IsAdded_Tested_AndSaidToBeDeprecated(bool isNamed)
    {
        await using var sse = await ScriptedSse.StartAsync();

        var added = await _home.RunAsync(["servers", "add", "web", "--url", sse.Endpoint.ToString(), .. isNamed ? (string[])["--transport", "sse"] : []]);
        var tested = await _home.RunAsync("servers", "test", "web");
        var asJson = await TestedAsync();
        var doctor = await _home.RunAsync("doctor");

        Assert.True(added.ExitCode == 0, added.Error);
        Assert.Contains("web: It speaks HTTP+SSE, a transport that MCP deprecated.", doctor.Output, StringComparison.Ordinal);
        Assert.Contains("HTTP+SSE (`sse`), a transport that MCP deprecated", added.Output, StringComparison.Ordinal);
        Assert.Matches("web +sse +2025-11-25", tested.Output);
        Assert.Contains("It speaks HTTP+SSE, a transport that MCP deprecated.", tested.Output, StringComparison.Ordinal);
        Assert.Equal("sse", asJson.GetProperty("transport").GetString());
    }

    [Fact]
    public async Task Add_TakesATransport_OnlyForAUrl()
    {
        var refused = await _home.RunAsync("servers", "add", "web", "--home", _home.Path, "--transport", "sse", "--", "node");

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("`--transport` is for `--url`", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Add_ForgetsTheApprovals_OfAnEarlierBackendOfTheName()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true });
        await AddAsync(http);
        await _home.RunAsync("servers", "approve", "web", "--yes");

        var removed = await _home.RunAsync("servers", "remove", "web", "--yes");
        var kept = Pins.ReadApproved("web");
        await AddAsync(http);

        Assert.Equal((0, 18), (removed.ExitCode, kept!.Tools.Count));
        Assert.Empty(Pins.ReadApproved("web")!.Tools);
        Assert.Equal(18, (await TestedAsync()).GetProperty("unapproved").GetArrayLength());
    }

    [Fact]
    public async Task Add_WritesNothing_WhereItCannotConnect()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true });
        http.Instead = (401, "{}");

        var refused = await AddAsync(http);
        var hadFile = File.Exists(FileOfWeb);
        var unconnected = await AddAsync(http, "--no-connect");

        Assert.Equal((1, false), (refused.ExitCode, hadFile));
        Assert.Contains("The server wants credentials (HTTP 401).\n  Get a token for the proxy", refused.Error, StringComparison.Ordinal);
        Assert.Equal((0, true), (unconnected.ExitCode, File.Exists(FileOfWeb)));
    }

    [Fact]
    public async Task Add_OverwritesNothing_AndTakesNoSecrets()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true });
        _home.Write("servers.config/clients.json", "{ \"mcpServers\": { \"web\": { \"url\": \"https://web.example/mcp\" } } }");

        var twice = await AddAsync(http);
        var header = await _home.RunAsync("servers", "add", "other", "--url", http.Endpoint.ToString(), "--header", "Authorization: Bearer abcdefghijk");
        var variable = await _home.RunAsync("servers", "add", "other", "--home", _home.Path, "--env", "API_KEY=abcdefghijk", "--", "node", "x.js");
        var argument = await _home.RunAsync("servers", "add", "other", "--home", _home.Path, "--", "db", "postgres://me:secret@db/x");
        var both = await _home.RunAsync("servers", "add", "other", "--url", http.Endpoint.ToString(), "--home", _home.Path, "--", "node");
        var neither = await _home.RunAsync("servers", "add", "other");
        var name = await _home.RunAsync("servers", "add", "Other", "--url", http.Endpoint.ToString());

        Assert.Contains("clients.json` describes `web` already", twice.Error, StringComparison.Ordinal);
        Assert.All([header, variable, argument], refused => Assert.Contains("looks like a secret", refused.Error, StringComparison.Ordinal));
        Assert.All([twice, header, variable, argument, both, neither, name], refused => Assert.Equal(1, refused.ExitCode));
        Assert.Equal(["clients.json"], Directory.GetFiles(_home.File("servers.config")).Select(Path.GetFileName));
        Assert.Empty(http.Requests);
    }

    [Fact]
    public async Task Test_ShowsDrift_FailuresAndMistakes_EachWithARemedy()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true });
        await AddAsync(http);
        await _home.RunAsync("servers", "approve", "web", "--yes");
        http.Script = http.Script with { Description = "Says something else." };

        var drifted = await _home.RunAsync("servers", "test");
        _home.Write("servers.config/down.json", Backend("down", "\"url\": \"http://127.0.0.1:9/mcp\""));
        _home.Write("servers.config/lacking.json", Backend("lacking", "\"url\": \"http://127.0.0.1:9/mcp\", \"headers\": { \"X-Key\": \"${env:HARNESS_TEST_UNSET}\" }"));
        var all = await _home.RunAsync("servers", "test");
        var one = await _home.RunAsync("servers", "test", "web");
        var lacking = await _home.RunAsync("servers", "test", "lacking");
        var misspelt = await _home.RunAsync("servers", "test", "wbe");

        Assert.Equal((0, 1, 0, 1, 1), (drifted.ExitCode, all.ExitCode, one.ExitCode, lacking.ExitCode, misspelt.ExitCode));
        Assert.Contains("web: Its tool `echo` changed since the approval: no call of it passes.\n  See what changed, and approve it: `harness servers approve web`.", drifted.Output, StringComparison.Ordinal);
        Assert.Matches("web +http +2026-07-28 +[0-9]+ ms +18 +0 +0 +18 +1 +ok", drifted.Output);
        Assert.Contains("down: Nothing listens at `127.0.0.1:9`.\n  Start the server", all.Output, StringComparison.Ordinal);
        Assert.Contains("lacking.json:1:", all.Error, StringComparison.Ordinal);
        Assert.Contains("The environment variable `HARNESS_TEST_UNSET` is not set. Set it for the proxy's own process", all.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("down", one.Output + one.Error, StringComparison.Ordinal);
        Assert.Contains("Did you mean `web`?", misspelt.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ResourcesAndPrompts_AreShown_AndApprovedLikeTools()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true, HasReads = true, Instructions = "Read." });
        await AddAsync(http);

        var before = await _home.RunAsync("servers", "test");
        var approved = await _home.RunAsync("servers", "approve", "web", "--yes");
        var after = await TestedAsync();

        Assert.Matches("web +http +2026-07-28 +[0-9]+ ms +21 +2 +2 +21 +0 +ok", before.Output);
        Assert.Contains("Of its prompts, resource templates and instructions, `prompts/greet`, `prompts/plain`, `resources/note://{id}`, `server/instructions` are not approved yet", before.Output, StringComparison.Ordinal);
        Assert.Contains("web/prompts/greet", approved.Output, StringComparison.Ordinal);
        Assert.Equal(2, after.GetProperty("resources").GetInt32());
        Assert.Equal(["note://{id}"], after.GetProperty("templates").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal(["greet", "plain"], after.GetProperty("prompts").EnumerateArray().Select(one => one.GetString()));
        Assert.DoesNotContain("not approved yet", (await _home.RunAsync("servers", "test")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_KnowsResourcesAndPrompts_AndSuggestsTheirNames()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true, HasReads = true });
        await AddAsync(http, "--domain", "web-data");
        await _home.RunAsync("servers", "approve", "web", "--yes");
        _home.Write("missions/watch.yaml", Mission.Replace("  - read: [\"domain:web-data\"]", """
              - read: [web/resources/raed, web/results/read, web/prompts/get]
              - read: [web/resources/read]
                args: { url: { pattern: "^note:" } }
            """, StringComparison.Ordinal));

        var check = await _home.RunAsync("mission", "check");

        Assert.Contains("The backend `web` has no tool `resources/raed`. [unknown-tool]\n  Did you mean `resources/read`?", check.Output, StringComparison.Ordinal);
        Assert.Contains("`web/resources/read` has no argument `url`. [unknown-field]\n  Did you mean `uri`?", check.Output, StringComparison.Ordinal);
        Assert.Contains("2 errors", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_NamesTheGrants_AndAsks()
    {
        _home.Write("missions/watch.yaml", Mission);
        _home.Write("servers.config/web.json", Backend("web", "\"url\": \"https://web.example/mcp\""));
        _home.Write("servers.config/two.json", "{ \"mcpServers\": { \"a\": { \"url\": \"https://web.example/mcp\" }, \"b\": { \"url\": \"https://web.example/mcp\" } } }");

        var asked = await _home.RunAsync("servers", "remove", "web");
        var stayed = File.Exists(FileOfWeb);
        var shared = await _home.RunAsync("servers", "remove", "a", "--yes");
        var removed = await _home.RunAsync("servers", "remove", "web", "--yes");
        var again = await _home.RunAsync("servers", "remove", "web", "--yes");

        Assert.Equal((1, true), (asked.ExitCode, stayed));
        Assert.Contains("watch.yaml:7:13: the mission `watch` grants `web/echo`.", asked.Output, StringComparison.Ordinal);
        Assert.Contains("watch.yaml:8:12: the mission `watch` grants `domain:web-data`.", asked.Output, StringComparison.Ordinal);
        Assert.Equal(1, shared.ExitCode);
        Assert.Contains("describes `b` too", shared.Error, StringComparison.Ordinal);
        Assert.Equal((0, false, 1), (removed.ExitCode, File.Exists(FileOfWeb), again.ExitCode));
    }

    public void Dispose() => _home.Dispose();

    private static string Backend(string name, string connection) => $$"""{ "name": "{{name}}", "owner": "web@corp.example", "domain": "web-data", {{connection}} }""";

    private Task<Ran> AddAsync(ScriptedHttp http, params string[] more) => _home.RunAsync(["servers", "add", "web", "--url", http.Endpoint.ToString(), .. more]);

    private async Task<JsonElement> TestedAsync() =>
        JsonElement.Parse((await _home.RunAsync("servers", "test", "web", "--format", "json")).Output).GetProperty("backends")[0];
}
