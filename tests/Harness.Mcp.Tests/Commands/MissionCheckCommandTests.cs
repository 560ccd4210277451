using System.Text.Json;
using System.Text.RegularExpressions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Schemas;
using Xunit;

namespace Harness.Mcp.Tests.Commands;

public sealed partial class MissionCheckCommandTests : IDisposable
{
    private const string Sound = """
        mission: watch
        objective: Look at accounts.
        owner: soc@corp.example
        agents: [soc-responder]
        lifetime: 2h
        grants:
          - read: [directory/get_user]
        """;

    private const string Catalog = """
        { "tools": [{ "tool": "directory/get_user", "domain": "identity", "terms": { "effect": "read" }, "inputSchema": { "type": "object", "properties": { "user": { "type": "string" } } } }] }
        """;

    private readonly HomeFolder _home = new();

    public MissionCheckCommandTests()
    {
        _home.Write("missions/watch.yaml", Sound);
        _home.Write("catalog.json", Catalog);
    }

    /// <summary>Every seeded mistake of `samples/broken` is found where its README says, with a remedy; and nothing else is.</summary>
    [Theory]
    [InlineData("missions", "--catalog")]
    [InlineData("guardrails.yaml", "--catalog")]
    [InlineData("servers.config", "")]
    public async Task BrokenSamples_AreFound_WhereTheReadmeSays(string folder, string option)
    {
        var samples = Sample("broken");
        string[] catalog = option.Length == 0 ? [] : [option, Path.Combine(samples, "catalog.json")];

        var ran = await _home.RunAsync(["mission", "check", "--home", samples, "--format", "json", .. catalog]);

        var found = JsonElement.Parse(ran.Output).GetProperty("findings").EnumerateArray()
            .Where(finding => finding.GetProperty("severity").GetString() != "note")
            .Select(finding => (
                Path: Path.GetRelativePath(samples, Path.GetFullPath(finding.GetProperty("file").GetString()!)).Replace('\\', '/'),
                Place: $"{finding.GetProperty("line").GetInt32()}:{finding.GetProperty("column").GetInt32()}",
                Code: finding.GetProperty("code").GetString()!,
                HasRemedy: finding.TryGetProperty("remedy", out _)))
            .Where(finding => finding.Path.StartsWith(folder, StringComparison.Ordinal))
            .ToList();
        var told = ReadmeRow().Matches(await File.ReadAllTextAsync(Path.Combine(samples, "README.md"), TestContext.Current.CancellationToken))
            .Select(row => (Path: row.Groups["path"].Value, Place: row.Groups["place"].Value, Code: row.Groups["code"].Value))
            .Where(row => row.Path.StartsWith(folder, StringComparison.Ordinal))
            .ToList();

        Assert.Equal(1, ran.ExitCode);
        Assert.NotEmpty(told);
        Assert.Equal(
            told.Select(row => $"{row.Path} {row.Place} {row.Code}").Order(StringComparer.Ordinal),
            found.Select(row => $"{row.Path} {row.Place} {row.Code}").Order(StringComparer.Ordinal));
        Assert.All(found, finding => Assert.True(finding.HasRemedy, $"{finding.Path}:{finding.Place} has no remedy"));
    }

    [Theory]
    [InlineData("contain-account")]
    [InlineData("answer-ticket")]
    public async Task Samples_HaveNoErrors_AgainstTheirServers(string sample)
    {
        var ran = await _home.RunAsync("mission", "check", "--home", Sample(sample), "--catalog", Path.Combine(Sample("broken"), "catalog.json"));

        Assert.True(ran.ExitCode == 0, ran.Output);
        Assert.Contains(" 0 errors,", ran.LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExitCode_SaysWhetherThereAreErrors_AndWithStrictWarnings()
    {
        _home.Write("missions/idle.yaml", Sound.Replace("watch", "idle", StringComparison.Ordinal) + "\nrules:\n  - { id: a, forbid: 'call.effect == \"money\"' }");
        _home.Write("missions/wrong.yaml", Sound.Replace("watch", "wrong", StringComparison.Ordinal).Replace("get_user", "get_usr", StringComparison.Ordinal));

        Assert.Equal(0, (await Check("watch")).ExitCode);
        Assert.Equal(0, (await Check("watch", "--strict")).ExitCode);
        Assert.Equal(0, (await Check("idle")).ExitCode);
        Assert.Equal(1, (await Check("idle", "--strict")).ExitCode);
        Assert.Equal(1, (await Check("wrong")).ExitCode);
        Assert.Equal(1, (await Check()).ExitCode);
        Assert.Equal(1, (await Check("nobody-wrote-this")).ExitCode);
        Assert.Equal(2, (await _home.RunAsync("mission", "check", "--catalog", _home.File("missing.json"))).ExitCode);
        Assert.Equal(2, (await _home.RunAsync("mission", "check", "--home", _home.File("missing"))).ExitCode);

        Task<Ran> Check(params string[] arguments) => _home.RunAsync(["mission", "check", .. arguments, "--catalog", _home.File("catalog.json")]);
    }

    [Fact]
    public async Task Text_GivesPlaceSeverityAndRemedy()
    {
        _home.Write("missions/watch.yaml", Sound.Replace("get_user", "get_usr", StringComparison.Ordinal));

        var ran = await _home.RunAsync("mission", "check", "--catalog", _home.File("catalog.json"));

        Assert.Contains("watch.yaml:7:12: error: The backend `directory` has no tool `get_usr`. [unknown-tool]\n  Did you mean `get_user`?\n", ran.Output, StringComparison.Ordinal);
        Assert.Equal("1 file: 1 error, 0 warnings, 0 notes.", ran.LastLine);
    }

    [Fact]
    public async Task Files_AreChecked_WithoutAHome()
    {
        var ran = await _home.RunAsync("mission", "check", _home.File("missions/watch.yaml"), "--catalog", _home.File("catalog.json"), "--home", _home.File("missing"));

        Assert.Equal((0, "1 file: 0 errors, 0 warnings, 0 notes."), (ran.ExitCode, ran.LastLine));
    }

    [Fact]
    public async Task Sarif_HasTheShapeThatTheStandardDemands()
    {
        _home.Write("missions/watch.yaml", Sound.Replace("get_user", "get_usr", StringComparison.Ordinal));
        _home.Write("missions/two words.yaml", "no mission");

        var ran = await _home.RunAsync("mission", "check", "--catalog", _home.File("catalog.json"), "--format", "sarif");
        var log = JsonElement.Parse(ran.Output);

        Assert.Empty((await SarifSchema()).Validate(log));
        var run = log.GetProperty("runs")[0];
        var rules = run.GetProperty("tool").GetProperty("driver").GetProperty("rules");
        Assert.Equal(2, run.GetProperty("results").GetArrayLength());
        foreach (var result in run.GetProperty("results").EnumerateArray())
        {
            Assert.Equal(result.GetProperty("ruleId").GetString(), rules[result.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString());
            var uri = result.GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation").GetProperty("uri").GetString()!;
            Assert.True(Uri.IsWellFormedUriString(uri, UriKind.RelativeOrAbsolute), uri);
        }
    }

    [Fact]
    public async Task Home_IsCheckedAgainstItsPins_AndItsFilesAgainstThemToo()
    {
        _home.Write("servers.config/directory.json", """
            {
              "name": "directory", "owner": "identity@corp.example", "domain": "identity", "command": "dotnet",
              "tools": {
                "get_user": { "effect": "read", "targets": ["usr"], "fields": { "maill": ["personal"] } },
                "get_usr": { "effect": "read" }
              }
            }
            """);

        var unseen = await _home.RunAsync("mission", "check");
        Pin("directory", """
            { "name": "get_user", "inputSchema": { "type": "object", "properties": { "user": { "type": "string" } } }, "outputSchema": { "type": "object", "properties": { "mail": { "type": "string" } } } }
            """);
        var seen = await _home.RunAsync("mission", "check");
        var catalog = await _home.RunAsync("servers", "catalog", "--out", _home.File("written.json"));
        var byFile = await _home.RunAsync("mission", "check", "watch", "--catalog", _home.File("written.json"));

        Assert.Equal(0, unseen.ExitCode);
        Assert.Contains("[backend-unseen]", unseen.Output, StringComparison.Ordinal);
        Assert.Equal(1, seen.ExitCode);
        Assert.Contains("directory.json:4:49: error: `directory/get_user` has no argument `usr`. [unknown-field]\n  Did you mean `user`?", seen.Output, StringComparison.Ordinal);
        Assert.Contains("directory.json:4:69: error: Results of `directory/get_user` have no field `maill`. [unknown-field]\n  Did you mean `mail`?", seen.Output, StringComparison.Ordinal);
        Assert.Contains("directory.json:5:5: error: The backend publishes no tool `get_usr`, so these terms apply to nothing. [unknown-tool]\n  Did you mean `get_user`?", seen.Output, StringComparison.Ordinal);
        Assert.Equal(0, catalog.ExitCode);
        Assert.Equal((0, "1 file: 0 errors, 0 warnings, 0 notes."), (byFile.ExitCode, byFile.LastLine));
    }

    [Theory]
    [InlineData("", "1 file: 0 errors, 1 warning, 0 notes.")]
    [InlineData(""", "asks": { "labels": ["personal"], "hosts": ["login.corp.example"] }""", "1 file: 0 errors, 0 warnings, 0 notes.")]
    public async Task Catalog_HasWhatOwnersSayOfQuestions(string asks, string expected)
    {
        _home.Write("missions/watch.yaml", Sound.Replace("read: [directory/get_user]", "{ read: [directory/get_user], asks: [elicitation-url] }", StringComparison.Ordinal));
        _home.Write("servers.config/directory.json", $$"""
            { "name": "directory", "owner": "identity@corp.example", "domain": "identity", "command": "dotnet", "tools": { "get_user": { "effect": "read" } }{{asks}} }
            """);
        Pin("directory", """{ "name": "get_user", "inputSchema": { "type": "object", "properties": { "user": { "type": "string" } } } }""");

        await _home.RunAsync("servers", "catalog", "--out", _home.File("written.json"));
        var ran = await _home.RunAsync("mission", "check", "watch", "--catalog", _home.File("written.json"));

        Assert.Equal(expected, ran.LastLine);
        Assert.Equal(asks.Length == 0, ran.Output.Contains("[ask-never-allowed]", StringComparison.Ordinal));
        Assert.Equal(asks.Length > 0, (await File.ReadAllTextAsync(_home.File("written.json"), TestContext.Current.CancellationToken)).Contains("\"personal\"", StringComparison.Ordinal));
    }

    /// <summary>Guardrails and terms hold for the mission that is checked; each finding stands in the file that it is about, and names the other.</summary>
    [Fact]
    public async Task Layers_AreCheckedWithTheMission_AndTheirPlacesAreTold()
    {
        _home.Write("guardrails.yaml", "owner: security@corp.example\nrules:\n  - { id: no-looks, on: [directory/get_user], forbid: 'true' }\n  - { id: lost, on: [directory/get_usr], forbid: 'true' }");
        _home.Write("servers.config/directory.json", """
            {
              "name": "directory", "owner": "identity@corp.example", "domain": "identity", "command": "dotnet", "tools": { "get_user": { "effect": "read" } },
              "rules": [{ "id": "long", "on": ["directory/get_user"], "forbid": "call.args.usr.size() > 9" }]
            }
            """);

        var text = await _home.RunAsync("mission", "check", "--catalog", _home.File("catalog.json"));
        var json = JsonElement.Parse((await _home.RunAsync("mission", "check", "--catalog", _home.File("catalog.json"), "--format", "json")).Output);
        var sarif = JsonElement.Parse((await _home.RunAsync("mission", "check", "--catalog", _home.File("catalog.json"), "--format", "sarif")).Output);

        Assert.Equal(1, text.ExitCode);
        Assert.Equal("3 files: 3 errors, 0 warnings, 0 notes.", text.LastLine);
        Assert.Contains("guardrails.yaml:4:22: error: The backend `directory` has no tool `get_usr`. [unknown-tool]\n  Did you mean `get_user`?\n", text.Output, StringComparison.Ordinal);
        Assert.Contains("servers.config/directory.json:3:79: error: `call.args` of `directory/get_user` has no field `usr`. [unknown-field]\n  Did you mean `user`?\n", text.Output, StringComparison.Ordinal);
        Assert.Contains(
            "missions/watch.yaml:7:12: error: `directory/get_user` is granted, but `guardrails/no-looks` (guardrails.yaml:3:5) denies every call of it. [grant-never-used]\n  Remove the grant, or ask the rule's author.\n",
            text.Output, StringComparison.Ordinal);
        var related = json.GetProperty("findings").EnumerateArray().Single(finding => finding.TryGetProperty("related", out _)).GetProperty("related")[0];
        Assert.EndsWith("/guardrails.yaml", related.GetProperty("file").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, related.GetProperty("line").GetInt32());
        var located = sarif.GetProperty("runs")[0].GetProperty("results").EnumerateArray().Single(result => result.TryGetProperty("relatedLocations", out _)).GetProperty("relatedLocations")[0];
        Assert.EndsWith("/guardrails.yaml", located.GetProperty("physicalLocation").GetProperty("artifactLocation").GetProperty("uri").GetString(), StringComparison.Ordinal);
        Assert.Empty((await SarifSchema()).Validate(sarif));
    }

    [Fact]
    public async Task Guardrails_ThatCannotBeRead_AreAnError()
    {
        _home.Write("guardrails.yaml", "owner: security@corp.example\nrules:\n  - { id: a, forbd: 'true' }");

        var ran = await _home.RunAsync("mission", "check", "--catalog", _home.File("catalog.json"));

        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("guardrails.yaml:3:14: error: ", ran.Output, StringComparison.Ordinal);
        Assert.Equal("2 files: 1 error, 0 warnings, 0 notes.", ran.LastLine);
    }

    public void Dispose() => _home.Dispose();

    private static async Task<JsonSchema> SarifSchema()
    {
        var schema = JsonSchema.Compile(JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "data", "sarif-2.1.0-used.schema.json"), TestContext.Current.CancellationToken)), new SourcePosition("sarif", 0, 0));
        Assert.True(schema.IsValid, string.Join("\n", schema.Problems));
        return schema.Value;
    }

    /// <summary>Writes pins as a proxy does that has seen the backend.</summary>
    private void Pin(string backend, string definition)
    {
        var digest = Core.Json.Digest.Of(JsonElement.Parse(definition)).Value;
        _home.Write(
            $"state/pins/{backend}.json",
            $$"""{ "backend": "{{backend}}", "tools": { "get_user": { "digest": "{{digest}}", "at": "2026-11-24T12:00:00+00:00", "by": "first-use", "definition": {{definition}} } } }""");
    }

    private static string Sample(string name)
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Harness.Mcp.sln")))
            at = at.Parent;
        return Path.Combine(at!.FullName, "samples", name);
    }

    // | `missions/x.yaml` | 9:12 | words | `code` |
    [GeneratedRegex(
        @"^\| `(?<path>[^`]+)` \| (?<place>[0-9]+:[0-9]+) \| .* \| `(?<code>[a-z-]+)` \|\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ReadmeRow();
}
