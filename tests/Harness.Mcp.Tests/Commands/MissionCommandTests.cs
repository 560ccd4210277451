using System.Text.Json;
using Xunit;

namespace Harness.Mcp.Tests.Commands;

public sealed class MissionCommandTests : IDisposable
{
    private const string Document = """
        mission: watch
        objective: Look at the accounts of one department.
        owner: soc@corp.example
        agents: [soc-responder]
        lifetime: 2h
        grants:
          - read: ["domain:identity"]
        """;

    private readonly HomeFolder _home = new();

    public MissionCommandTests() => _home.Write("missions/watch.yaml", Document);

    [Fact]
    public async Task Open_PrintsTheId_ThatEveryOtherCommandTakes()
    {
        var opened = await _home.RunAsync("mission", "open", "watch", "--by", "ana");
        var mission = opened.Output.Trim();

        Assert.Equal(0, opened.ExitCode);
        Assert.Matches("^watch-[a-z2-7]{10}$", mission);
        Assert.Contains("status:    active", (await _home.RunAsync("mission", "show", mission)).Output, StringComparison.Ordinal);
        Assert.Equal($"{mission} is suspended since link 2.", (await _home.RunAsync("mission", "suspend", mission[..9], "--why", "look first")).LastLine);
        Assert.Contains(": look first", (await _home.RunAsync("mission", "show", mission)).Output, StringComparison.Ordinal);
        Assert.Equal($"{mission} is active since link 3.", (await _home.RunAsync("mission", "resume", mission)).LastLine);
        Assert.Equal($"{mission} is completed since link 4.", (await _home.RunAsync("mission", "complete", mission)).LastLine);
        Assert.Equal("whole: 1 mission, 4 links", (await _home.RunAsync("chain", "verify")).LastLine);
    }

    [Fact]
    public async Task Open_IsRefused_WhereAnArgumentIsMisspelt_ByTheToolsPinnedSchema()
    {
        const string Definition = """{"name":"get_user","inputSchema":{"type":"object","properties":{"user":{"type":"string"}},"additionalProperties":false}}""";
        _home.Write("servers.config/directory.json", """{ "name": "directory", "url": "http://127.0.0.1:1/mcp", "owner": "it@corp.example", "domain": "identity", "tools": { "get_user": { "effect": "read" } } }""");
        _home.Write(
            "state/pins/directory.json",
            $$"""{ "backend": "directory", "tools": { "get_user": { "digest": "{{Core.Json.Digest.Of(JsonElement.Parse(Definition)).Value}}", "at": "2026-11-24T12:00:00+00:00", "by": "first-use", "definition": {{Definition}} } } }""");
        _home.Write("missions/typo.yaml", Document.Replace("watch", "typo", StringComparison.Ordinal) + "\nrules:\n  - { id: own, on: [directory/get_user], forbid: 'call.args.usr == \"root\"' }\n");

        var refused = await _home.RunAsync("mission", "open", "typo");
        var opened = await _home.RunAsync("mission", "open", "typo", "--unchecked");
        var right = await _home.RunAsync("mission", "open", "watch");

        Assert.Equal((1, 0, 0), (refused.ExitCode, opened.ExitCode, right.ExitCode));
        Assert.Contains("typo.yaml:9:", refused.Error, StringComparison.Ordinal);
        Assert.Contains("has no field `usr`. Did you mean `user`?", refused.Error.ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_AreRefused_InAnotherState()
    {
        var mission = (await _home.RunAsync("mission", "open", "watch")).Output.Trim();
        await _home.RunAsync("mission", "revoke", mission);

        var resumed = await _home.RunAsync("mission", "resume", mission);

        Assert.Equal(1, resumed.ExitCode);
        Assert.Equal("", resumed.Output);
        Assert.Contains("is revoked, which is for ever", resumed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_ShowsOpenMissions_AndWithAllTheEndedToo()
    {
        var ended = (await _home.RunAsync("mission", "open", "watch")).Output.Trim();
        await _home.RunAsync("mission", "complete", ended);
        var open = (await _home.RunAsync("mission", "open", "watch")).Output.Trim();

        var some = await _home.RunAsync("mission", "list");
        var all = await _home.RunAsync("mission", "list", "--all");

        Assert.DoesNotContain(ended, some.Output, StringComparison.Ordinal);
        Assert.Matches($"{open} +active +soc-responder", some.Output);
        Assert.Matches($"{ended} +completed", all.Output);
    }

    [Fact]
    public async Task Open_RecordsTheGuardrails_AndNotesWhatTheyMakeSuperfluous()
    {
        _home.Write("guardrails.yaml", "owner: security@corp.example\nrules: [{ id: pace, window: { max: 5, per: 1m } }]");
        _home.Write("missions/watch.yaml", Document + "\nrules: [{ id: slow, window: { max: 9, per: 1m } }]");

        var opened = await _home.RunAsync("mission", "open", "watch");
        var shown = await _home.RunAsync("chain", "show", opened.Output.Trim());

        Assert.Equal(0, opened.ExitCode);
        Assert.Matches("^note: .*watch.yaml:8:9: The rule `slow` decides nothing, since `guardrails/pace` \\(guardrails.yaml:2:9\\)", opened.Error);
        Assert.Contains("under guardrails", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_IsRefused_UnderGuardrailsWithAMistake()
    {
        _home.Write("guardrails.yaml", "owner: security@corp.example\nrules: [{ id: pace, window: { max: 5 } }]");

        var refused = await _home.RunAsync("mission", "open", "watch");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("guardrails.yaml:2:29: `per` is missing.", refused.Error, StringComparison.Ordinal);
        Assert.Equal("", refused.Output);
    }

    [Theory]
    [InlineData("There is no mission template `wach`. There are: watch.", "wach")]
    [InlineData("write it as KEY=VALUE", "watch", "--input", "ticket")]
    [InlineData("ticket", "watch", "--input", "ticket=1")]
    [InlineData("give a name", "watch", "--by", " ")]
    public async Task Open_IsRefused_WithWhatToDo(string complaint, params string[] arguments)
    {
        var ran = await _home.RunAsync(["mission", "open", .. arguments]);

        Assert.Equal(1, ran.ExitCode);
        Assert.Contains(complaint, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_NamesEveryProblem_OfTheTemplate()
    {
        _home.Write("missions/bad.yaml", Document.Replace("mission: watch", "mision: bad", StringComparison.Ordinal).Replace("2h", "soon", StringComparison.Ordinal));
        _home.Write("missions/other.yaml", Document);

        var bad = await _home.RunAsync("mission", "open", "bad");
        var misnamed = await _home.RunAsync("mission", "open", "other");

        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("bad.yaml:1:1", bad.Error, StringComparison.Ordinal);
        Assert.Contains("bad.yaml:5:", bad.Error, StringComparison.Ordinal);
        Assert.Contains("The document's `mission:` is `watch`.", misnamed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_IsBounded()
    {
        var mission = (await _home.RunAsync("mission", "open", "watch")).Output.Trim();

        var ran = await _home.RunAsync("mission", "suspend", mission, "--why", new string('x', 1001));

        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("at most 1000", ran.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _home.Dispose();
}
