using System.Text.Json;
using Harness.Mcp.Demo;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Clients;

/// <summary>What README.md tells readers to run, run: only the port and the mission's id are put in.</summary>
public sealed class ReadmeTests : IAsyncLifetime
{
    private const string Url = "http://127.0.0.1:7777";

    private readonly DemoHome _home = DemoHome.Create(directory: null);

    private RunningProxy? _proxy;
    private string _mission = "";

    private RunningProxy Proxy => _proxy ?? throw new InvalidOperationException("The proxy was not started.");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await NpmParts.InstallAsync(Cancellation);
        _mission = (await HarnessProgram.RunAsync(
            ["mission", "open", "contain-account", "--input", "alert=ALR-1007", "--home", _home.Home.Root], Cancellation)).Done;
        _proxy = await RunningProxy.StartAsync(_home.Home.Root, Cancellation);
        foreach (var backend in (string[])["siem", "directory", "fleet", "hr", "mail"])
            await _proxy.ConnectedAsync(backend, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        _home.Dispose();
    }

    [Fact(Timeout = 180_000)]
    public async Task CurlExample_ListsCallsAndIsDenied()
    {
        var block = Readme.Block("sh", "call() {").With("contain-account-…", _mission).With(Url, Proxy.Url.ToString().TrimEnd('/'));

        var answers = await ShellAsync(block);

        var messages = answers.Split('\n')
            .Select(line => line.StartsWith("data: ", StringComparison.Ordinal) ? line[6..] : line)
            .Where(line => line.StartsWith('{'))
            .Select(line => JsonElement.Parse(line).GetProperty("result"))
            .ToArray();
        Assert.Equal(3, messages.Length);
        Assert.Contains("siem_get_alert", messages[0].GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()));
        Assert.Equal("ALR-1007", messages[1].GetProperty("structuredContent").GetProperty("number").GetString());
        var denied = new AgentAnswer(JsonSerializer.SerializeToElement(new { result = messages[2] }), []);
        Assert.Equal("not_anchored", denied.Reason);
        Assert.NotEmpty(denied.Text);
    }

    [Fact(Timeout = 180_000)]
    public async Task TypeScriptExample_ListsAndCalls()
    {
        var folder = Directory.CreateTempSubdirectory("harness-readme-");
        File.CreateSymbolicLink(Path.Combine(folder.FullName, "node_modules"), NpmParts.Module());
        var example = Path.Combine(folder.FullName, "example.mjs");
        await File.WriteAllTextAsync(
            example, Readme.Block("js", "StreamableHTTPClientTransport").With(Url, Proxy.Url.ToString().TrimEnd('/')) + "\nawait client.close();\n", Cancellation);

        var (code, output, errors) = await ChildProcess.RunAsync(NpmParts.Node, [example, _mission], Cancellation);

        Assert.True(code == 0, errors);
        Assert.Contains("'siem_get_alert'", output, StringComparison.Ordinal);
        Assert.Contains("structuredContent", output, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact(Timeout = 180_000)]
    public async Task WatchAndStopCommands_DoWhatTheySay()
    {
        using var agent = new HttpAgent(Proxy.Endpoint(_mission));
        await agent.CallAsync("siem_get_alert", Cancellation, new { alert = "ALR-1007" });
        var block = Readme.Block("sh", "harness chain show MISSION").With("MISSION", _mission);

        var output = await ShellAsync("set -e\n" + block);

        Assert.Contains("siem/get_alert", output, StringComparison.Ordinal);
        Assert.Contains($"{_mission} is suspended", output, StringComparison.Ordinal);
        Assert.Contains($"{_mission} is active", output, StringComparison.Ordinal);
        Assert.Contains("whole", output, StringComparison.Ordinal);
        Assert.Contains("Looks wrong", output, StringComparison.Ordinal); // The export has the suspension, with its reason.
    }

    /// <summary>Runs a block in the home's folder, where `harness` is the program, as README's alias makes it.</summary>
    private async Task<string> ShellAsync(string block)
    {
        var harness = $"harness() {{ {HarnessProgram.Host} {string.Join(' ', HarnessProgram.Arguments.Select(argument => $"'{argument}'"))} \"$@\"; }}";
        var curl = $"command -v curl >/dev/null || curl() {{ '{NpmParts.Node}' '{NpmParts.Script("curl.mjs")}' \"$@\"; }}";
        var (code, output, errors) = await ChildProcess.RunAsync("sh", ["-c", $"{harness}\n{curl}\n{block}"], Cancellation, _home.Home.Root);
        Assert.True(code == 0, $"{output}\n{errors}");
        return output;
    }
}
