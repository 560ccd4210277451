using System.Security.Cryptography;
using System.Text.Json;
using Harness.Mcp.Doctor;
using Harness.Mcp.Servers;
using Harness.Mcp.TestKit.Backends;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Harness.Mcp.Tests.Commands;

public sealed class DoctorCommandTests : IDisposable
{
    private const string Settings = """{ "Listen": { "Url": "http://127.0.0.1:0" }, "Agents": { "DevelopmentAgent": "tester" } }""";

    private readonly HomeFolder _home = new();

    [Fact]
    public async Task SoundHome_HasNothingWrong_AndIsNotChanged()
    {
        await using var http = await SoundAsync();
        await _home.RunAsync("mission", "open", "watch");
        var before = Fingerprint();

        var ran = await _home.RunAsync("doctor");

        Assert.True(ran.ExitCode == 0, ran.Output);
        Assert.Equal("Nothing is wrong.", ran.LastLine);
        Assert.Contains("chain.db: Whole: 1 mission, 1 link.", ran.Output, StringComparison.Ordinal);
        Assert.Contains("web: answers in revision 2026-07-28 and lists 18 tools.", ran.Output, StringComparison.Ordinal);
        Assert.Equal(before, Fingerprint());
    }

    [Fact]
    public async Task LogOfARunningProgram_IsReadToo_AndNotChanged()
    {
        await using var http = await SoundAsync();
        await _home.RunAsync("mission", "open", "watch");
        await using var other = new SqliteConnection($"Data Source={_home.File("state/chain.db")};Pooling=False");
        await other.OpenAsync(TestContext.Current.CancellationToken);
        Execute(other, "SELECT count(*) FROM links");
        await _home.RunAsync("mission", "open", "watch");
        var before = Fingerprint();

        var found = await FindAsync();

        Assert.True(new FileInfo(_home.File("state/chain.db-wal")).Length > 0);
        Assert.Contains("2 missions, 2 links", found.Single(one => one.Check == "chain").Message, StringComparison.Ordinal);
        Assert.Equal(before, Fingerprint());
    }

    [Fact]
    public async Task EverythingWrong_IsFoundAtOnce_EachWithItsPlaceAndRemedy()
    {
        await using var http = await SoundAsync();
        http.Script = http.Script with { Description = "Says something else." };
        _home.Write("harness.json", """
            { "Listen": { "Url": "http://127.0.0.1:0" },
              "Agents": { "DevelopmentAgent": "nobody" } }
            """);
        _home.Write("servers.config/down.json", Backend("down", "\"url\": \"http://127.0.0.1:9/mcp\""));
        _home.Write("servers.config/lacking.json", "{ \"name\": \"lacking\", \"owner\": \"o\", \"domain\": \"d\",\n  \"url\": \"https://${env:HARNESS_TEST_UNSET}/mcp\" }");
        _home.Write("servers.config/misspelt.json", "{ \"name\": \"misspelt\", \"owner\": \"o\", \"domain\": \"d\",\n  \"timeuots\": {}, \"url\": \"https://a.example\" }");
        _home.Write("agents/idle.yaml", Agent("idle", "watch, wach", "2099-12-31", "false"));
        _home.Write("agents/late.yaml", Agent("late", "watch", "2020-01-01", "true"));
        _home.Write("agents/broken.yaml", "agent: broken\nowner: o\nmission: [watch]\nmissions: [watch]\nreview-by: 2099-12-31\nactive: true\n");
        _home.Write("missions/watch.yaml", Mission("watch", "tester, stranger, late", "tools: [web/echo, web/eco, down/say]"));
        _home.Write("missions/torn.yaml", "mission: torn\nobjective");
        _home.Write("guardrails.yml", "rules: []");

        var found = await FindAsync();

        AssertFound(found, "agents", "error", "harness.json", "", "`Agents:DevelopmentAgent` names `nobody`, which no file registers");
        AssertFound(found, "backends", "error", "servers.config/down.json", "1:1", "down: Nothing listens at `127.0.0.1:9`.");
        AssertFound(found, "backends", "warning", "servers.config/web.json", "1:1", "web: Its tool `echo` changed since the approval");
        AssertFound(found, "servers", "error", "servers.config/lacking.json", "2:10", "The environment variable `HARNESS_TEST_UNSET` is not set.");
        AssertFound(found, "servers", "error", "servers.config/misspelt.json", "2:3", "A backend has no key `timeuots`.");
        AssertFound(found, "agents", "warning", "agents/idle.yaml", "5:9", "The agent `idle` is switched off");
        AssertFound(found, "agents", "warning", "agents/idle.yaml", "3:19", "registered for the mission `wach`, of which there is no template");
        AssertFound(found, "agents", "error", "agents/late.yaml", "4:12", "was to be reviewed by 2020-01-01");
        AssertFound(found, "agents", "error", "agents/broken.yaml", "3:1", "An agent has no key `mission`.");
        AssertFound(found, "missions", "error", "missions/watch.yaml", "4:18", "No file of `agents/` registers `stranger`.");
        AssertFound(found, "missions", "warning", "agents/idle.yaml", "3:12", "The agent `idle` is registered for the mission `watch`, which does not name it");
        AssertFound(found, "missions", "error", "missions/watch.yaml", "7:23", "The backend `web` has no tool `eco`.");
        AssertFound(found, "missions", "warning", "missions/watch.yaml", "7:32", "grants tools of `down` (`down/say`), which cannot be used now");
        AssertFound(found, "missions", "error", "missions/torn.yaml", null, "");
        AssertFound(found, "guardrails", "error", "guardrails.yml", "", "Guardrails are read from `guardrails.yaml` alone.");
        Assert.Equal(1, (await _home.RunAsync("doctor")).ExitCode);
    }

    [Fact]
    public async Task Guardrails_AreHeldAgainstToolsAndMissions()
    {
        await using var http = await SoundAsync();
        _home.Write("guardrails.yaml", """
            owner: security@corp.example
            rules:
              - { id: pace, on: [web/echo], window: { max: 10, per: 1m } }
              - { id: no-eco, on: [web/eco], window: { max: 10, per: 1m } }
            """);
        _home.Write("missions/watch.yaml", Mission("watch", "tester", "read: [web/echo]") + "rules:\n  - { id: pace, on: [web/echo], window: { max: 20, per: 1m } }\n");

        var found = await FindAsync();

        AssertFound(found, "guardrails", "error", "guardrails.yaml", "4:24", "has no tool `eco`");
        AssertFound(found, "missions", "warning", "missions/watch.yaml", "9:5", "pace");
    }

    [Fact]
    public async Task BrokenSettings_AreFound_AndHideNothingElse()
    {
        await using var http = await SoundAsync();
        _home.Write("harness.json", "{\n  \"Agnts\": {},\n  \"Enforcement\": { \"Unknown\": 1 },\n  \"ChainStore\": { \"AppendTimeout\": \"soon\" }\n}");
        _home.Write("missions/torn.yaml", "mission: torn");

        var unknown = await FindAsync();
        _home.Write("harness.json", "{ \"Home\": ");
        var torn = await FindAsync();
        File.Delete(_home.File("harness.json"));
        var none = await FindAsync();

        AssertFound(unknown, "settings", "error", "harness.json", "2:3", "There is no section `Agnts`.");
        AssertFound(unknown, "settings", "error", "harness.json", "3:20", "There is no setting `Enforcement:Unknown`.");
        AssertFound(unknown, "settings", "error", "harness.json", "4:36", "`ChainStore:AppendTimeout` must be a time");
        AssertFound(unknown, "missions", "error", "missions/torn.yaml", null, "");
        AssertFound(torn, "settings", "error", "harness.json", null, "");
        AssertFound(torn, "missions", "error", "missions/torn.yaml", null, "");
        AssertFound(none, "settings", "error", "harness.json", "", "`Agents:DevelopmentAgent` names no agent, and there is no `Agents:Issuer`.");
        Assert.Equal(2, (await _home.RunAsync("doctor", "--home", _home.File("nowhere"))).ExitCode);
        Assert.Equal(2, (await _home.RunAsync("doctor", "--home", _home.File("agents"))).ExitCode);
    }

    [Fact]
    public async Task ChainFile_MustBeWhole_OfAKnownLayout_AndClosedToOthers()
    {
        await using var http = await SoundAsync();
        await _home.RunAsync("mission", "open", "watch");
        var file = _home.File("state/chain.db");
        var sound = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);

        var open = await FindAsync("chain");
        Change("PRAGMA user_version = 99");
        var newer = await FindAsync("chain");
        await File.WriteAllBytesAsync(file, sound, TestContext.Current.CancellationToken);
        Change("PRAGMA application_id = 7");
        var foreign = await FindAsync("chain");
        await File.WriteAllBytesAsync(file, sound, TestContext.Current.CancellationToken);
        Change("DROP TRIGGER links_never_change; UPDATE links SET record = cast(replace(cast(record AS TEXT), 'watch', 'witch') AS BLOB)");
        var tampered = await FindAsync("chain");
        await File.WriteAllBytesAsync(file, [.. sound.AsSpan(0, 5000), .. new byte[sound.Length - 5000]], TestContext.Current.CancellationToken);
        var damaged = await FindAsync("chain");
        await File.WriteAllTextAsync(file, "no database", TestContext.Current.CancellationToken);
        var text = await FindAsync("chain");

        AssertFound(open, "chain", "warning", "state/chain.db", "", "Other accounts can read or write the file");
        AssertFound(newer, "chain", "error", "state/chain.db", "", "has layout 99, and this program knows");
        AssertFound(foreign, "chain", "error", "state/chain.db", "", "is a SQLite file of another program.");
        AssertFound(tampered, "chain", "error", "state/chain.db", "", "is broken at link 1.");
        AssertFound(damaged, "chain", "error", "state/chain.db", "", "damaged");
        AssertFound(text, "chain", "error", "state/chain.db", "", "is damaged or not a chain file.");

        void Change(string sql)
        {
            using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
            connection.Open();
            Execute(connection, sql);
        }
    }

    [Fact]
    public async Task ListenAddress_MustBeFree_OfThisMachine_AndPlain()
    {
        await using var http = await SoundAsync();

        var taken = await ListeningAt($"http://127.0.0.1:{http.Endpoint.Port}");
        var exposed = await ListeningAt("http://0.0.0.0:7777");
        var tls = await ListeningAt("https://127.0.0.1:7777");
        var foreign = await ListeningAt("http://192.0.2.1:7777");

        AssertFound(taken, "listen", "error", null, null, "is taken by another program.");
        AssertFound(exposed, "listen", "error", "harness.json", "", "development mode, which is for this machine alone");
        AssertFound(tls, "listen", "error", "harness.json", "", "speaks no TLS itself");
        AssertFound(foreign, "listen", "error", "harness.json", "", "development mode, which is for this machine alone");

        Task<List<Found>> ListeningAt(string url)
        {
            _home.Write("harness.json", Settings.Replace("http://127.0.0.1:0", url, StringComparison.Ordinal));
            return FindAsync("listen");
        }
    }

    [Fact]
    public async Task Offline_ConnectsToNothing()
    {
        await using var http = await SoundAsync();
        var before = http.Requests.Count;

        var ran = await _home.RunAsync("doctor", "--no-connect");

        Assert.Equal((0, before), (ran.ExitCode, http.Requests.Count));
    }

    [Theory]
    [InlineData(-30, "Ok")]
    [InlineData(30, "Ok")]
    [InlineData(600, "Warning")]
    [InlineData(86_400, "Error")]
    public void Clock_MustNotBeBehindTheChains(int seconds, string level)
    {
        var now = TimeProvider.System.GetUtcNow();
        var examination = new Examination(Home.Usual(_home.Path), isOffline: true) { NewestLink = now.AddSeconds(seconds) };

        ClockCheckup.Run(examination, now);

        Assert.Equal(level, Assert.Single(examination.All).Level.ToString());
    }

    [Fact]
    public void Clock_MustNotBeBehindTheProgram()
    {
        var examination = new Examination(Home.Usual(_home.Path), isOffline: true);

        ClockCheckup.Run(examination, new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));

        Assert.Equal(NoteLevel.Error, Assert.Single(examination.All).Level);
    }

    public void Dispose() => _home.Dispose();

    /// <summary>A home in which nothing is wrong.</summary>
    private async Task<ScriptedHttp> SoundAsync()
    {
        var http = await ScriptedHttp.StartAsync(new Script { IsModern = true });
        _home.Write("harness.json", Settings);
        _home.Write("servers.config/web.json", Backend("web", $"\"url\": \"{http.Endpoint}\""));
        _home.Write("agents/tester.yaml", Agent("tester", "watch", "2099-12-31", "true"));
        _home.Write("missions/watch.yaml", Mission("watch", "tester", "read: [web/echo]"));
        File.Move(_home.File("servers.config/web.json"), _home.File("web.json"));
        await _home.RunAsync("servers", "add", "web", "--url", http.Endpoint.ToString());
        File.Move(_home.File("web.json"), _home.File("servers.config/web.json"), overwrite: true);
        await _home.RunAsync("servers", "approve", "web", "--yes");
        return http;
    }

    private static string Backend(string name, string connection) => $$"""{ "name": "{{name}}", "owner": "o", "domain": "d", "defaults": { "effect": "read" }, {{connection}} }""";

    private static string Agent(string name, string missions, string review, string active) =>
        $"agent: {name}\nowner: o\nmissions: [{missions}]\nreview-by: {review}\nactive: {active}\n";

    private static string Mission(string name, string agents, string grant) =>
        $"mission: {name}\nobjective: Look.\nowner: o\nagents: [{agents}]\nlifetime: 1h\ngrants:\n  - {grant}\n";

    private async Task<List<Found>> FindAsync(string? check = null)
    {
        var ran = await _home.RunAsync("doctor", "--format", "json");
        Assert.True(ran.ExitCode is 0 or 1, ran.Error);
        return [.. JsonElement.Parse(ran.Output).GetProperty("findings").EnumerateArray().Select(Found.Of).Where(found => check is null || found.Check == check)];
    }

    /// <summary>A finding of that kind; where it is no sound one, it has a remedy.</summary>
    private void AssertFound(List<Found> found, string check, string level, string? file, string? place, string message)
    {
        var one = found.FirstOrDefault(one => one.Check == check && one.Level == level && (file is null || one.File == _home.File(file))
            && (place is null || one.Place == place) && one.Message.Contains(message, StringComparison.Ordinal));
        Assert.True(one is not null, $"{check} {level} {file}:{place} `{message}` is not among:\n{string.Join('\n', found)}");
        Assert.True(message.Length == 0 || one.Remedy is not null || one.Message.Contains("must be", StringComparison.Ordinal), $"{one} has no remedy");
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteScalar();
    }

    /// <summary>Every file of the home with its size, time and content; but for the index of SQLite's log, which holds the locks of its readers.</summary>
    private string Fingerprint() => string.Join('\n', Directory.EnumerateFileSystemEntries(_home.Path, "*", SearchOption.AllDirectories)
        .Where(path => !path.EndsWith("-shm", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(path => Directory.Exists(path) ? path : $"{path} {new FileInfo(path).Length} {File.GetLastWriteTimeUtc(path).Ticks} {Hash(path)}"));

    private static string Hash(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Convert.ToHexString(SHA256.HashData(file));
    }

    private sealed record Found(string Check, string Level, string? File, string Place, string Message, string? Remedy)
    {
        public static Found Of(JsonElement finding) => new(
            finding.GetProperty("check").GetString()!,
            finding.GetProperty("level").GetString()!,
            finding.TryGetProperty("file", out var file) ? file.GetString() : null,
            finding.TryGetProperty("line", out var line) ? $"{line}:{finding.GetProperty("column")}" : "",
            finding.GetProperty("message").GetString()!,
            finding.TryGetProperty("remedy", out var remedy) ? remedy.GetString() : null);
    }
}
