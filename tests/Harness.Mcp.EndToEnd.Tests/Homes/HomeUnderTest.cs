using System.Text.Json;
using Harness.Mcp.TestKit.Backends;

namespace Harness.Mcp.EndToEnd.Tests.Homes;

/// <summary>A home in the temporary files: its documents, the proxy on it, and every command beside it, all by the real program.</summary>
internal sealed class HomeUnderTest : IDisposable
{
    /// <summary>The one agent of the home, which development mode takes every request for.</summary>
    public const string Agent = "tester";

    /// <summary>The usual mission template.</summary>
    public const string Work = "work";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("harness-home-");
    private readonly List<string> _templates = [];
    private readonly List<string> _backends = [];

    /// <param name="settings">Further sections of `harness.json`, such as `"Wire": { … }`.</param>
    public HomeUnderTest(params string[] settings) =>
        Write("harness.json", $"{{ {string.Join(", ", settings.Prepend(Usual))} }}");

    // A busy machine may take its time over a sync, and no test is about that.
    private static string Usual { get; } = $$"""
        "Agents": { "DevelopmentAgent": "{{Agent}}" },
        "ChainStore": { "AppendTimeout": "00:00:10" }
        """;

    public string Root => _root.FullName;

    public string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    public void Write(string path, string text)
    {
        var file = new FileInfo(PathOf(path));
        file.Directory!.Create();
        File.WriteAllText(file.FullName, text);
    }

    /// <summary>A mission template with the usual name, owner, agent and an hour to live.</summary>
    /// <param name="parts">The rest of the document: `grants:` and what the test is about.</param>
    public HomeUnderTest WithMission(string parts, string template = Work)
    {
        Write($"missions/{template}.yaml", $"""
            mission: {template}
            objective: Stand in a test.
            owner: tests@corp.example
            agents: [{Agent}]
            lifetime: 1h

            """ + parts);
        _templates.Add(template);
        Write($"agents/{Agent}.yaml", $"""
            agent: {Agent}
            owner: tests@corp.example
            missions: [{string.Join(", ", _templates)}]
            review-by: 2099-12-31
            active: true
            """);
        return this;
    }

    /// <summary>A backend whose tools only read, unless <paramref name="more"/> says other.</summary>
    /// <param name="connection">Members of its file that say how it is reached: `"url": …`, or `"command": …, "args": […]`.</param>
    /// <param name="more">Further members of its file.</param>
    public HomeUnderTest WithBackend(string name, string connection, params string[] more)
    {
        string[] usual = more.Any(member => member.StartsWith("\"defaults\"", StringComparison.Ordinal)) ? [] : ["\"defaults\": { \"effect\": \"read\" }"];
        Write($"servers.config/{name}.json", $$"""
            { "name": "{{name}}", "owner": "tests@corp.example", "domain": "tests", {{string.Join(", ", [connection, .. usual, .. more])}} }
            """);
        _backends.Add(name);
        return this;
    }

    public HomeUnderTest WithCommand(string name, string command, IEnumerable<string> arguments, params string[] more) =>
        WithBackend(name, $"\"command\": {JsonSerializer.Serialize(command)}, \"args\": {JsonSerializer.Serialize(arguments)}", more);

    public HomeUnderTest WithEndpoint(string name, Uri endpoint, params string[] more) => WithBackend(name, $"\"url\": \"{endpoint}\"", more);

    /// <summary>The scripted backend as a process over stdio.</summary>
    public HomeUnderTest WithScript(string name, Script script, params string[] more) =>
        WithCommand(name, HarnessProgram.Host, ["exec", HarnessProgram.ScriptedBackend, "stdio", script.ToJson()], more);

    /// <summary>Runs `harness COMMAND --home ROOT`.</summary>
    public Task<ProgramEnd> HarnessAsync(CancellationToken cancellationToken, params string[] command) =>
        HarnessProgram.RunAsync([.. command, "--home", Root], cancellationToken);

    /// <summary>Opens a mission by the command line, and returns its id.</summary>
    public async Task<string> OpenMissionAsync(CancellationToken cancellationToken, string template = Work) =>
        (await HarnessAsync(cancellationToken, "mission", "open", template)).Done;

    /// <summary>Starts `harness run` on a free port, and waits until it listens and every backend of the home is connected.</summary>
    public async Task<RunningProxy> RunAsync(
        CancellationToken cancellationToken, IReadOnlyDictionary<string, string?>? environment = null, string[]? wrapper = null)
    {
        var proxy = await RunningProxy.StartAsync(Root, cancellationToken, environment, wrapper);
        try
        {
            foreach (var backend in _backends)
                await proxy.ConnectedAsync(backend, cancellationToken);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>The mission's records as `harness chain export` writes them.</summary>
    public async Task<ChainRecords> ExportAsync(string mission, CancellationToken cancellationToken) =>
        ChainRecords.Read((await HarnessAsync(cancellationToken, "chain", "export", mission)).Done);

    public void Dispose() => _root.Delete(recursive: true);
}
