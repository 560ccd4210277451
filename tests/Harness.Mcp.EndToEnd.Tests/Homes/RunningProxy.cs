using System.Globalization;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Homes;

/// <summary>A `harness run` that listens.</summary>
internal sealed class RunningProxy : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private RunningProxy(ChildProcess process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    public int Id => _process.Id;

    /// <summary>What it logged so far.</summary>
    public string Log => _process.Errors;

    /// <param name="wrapper">A program and its first arguments that start the proxy in their place; null for none.</param>
    public static async Task<RunningProxy> StartAsync(
        string home, CancellationToken cancellationToken, IReadOnlyDictionary<string, string?>? environment = null, string[]? wrapper = null)
    {
        const string Before = "listening on ";
        string[] command = [.. wrapper ?? [], HarnessProgram.Host, .. HarnessProgram.Arguments, "run", "--home", home, "--listen", "http://127.0.0.1:0"];
        var process = ChildProcess.Start(command[0], command[1..], environment: environment);
        try
        {
            var line = await process.LineAsync(line => line.StartsWith(Before, StringComparison.Ordinal), cancellationToken);
            return new RunningProxy(process, new Uri(line[Before.Length..line.IndexOf(": ", StringComparison.Ordinal)]));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where agents reach a mission.</summary>
    public Uri Endpoint(string mission) => new(Url, $"m/{mission}/mcp");

    /// <summary>Waits until a backend was connected and has listed its tools.</summary>
    public Task ConnectedAsync(string backend, CancellationToken cancellationToken) =>
        _process.LineAsync(line => line.Contains($"Backend {backend} is connected", StringComparison.Ordinal), cancellationToken);

    /// <summary>Waits for a line of the log, past or future.</summary>
    public Task<string> LoggedAsync(string part, CancellationToken cancellationToken) =>
        _process.LineAsync(line => line.Contains(part, StringComparison.Ordinal), cancellationToken);

    /// <summary>kill -9 of the program alone: what a crash, or a system without memory, does.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>Asks it to stop, as a service manager does, and returns its exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        await ChildProcess.RunAsync("sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -TERM {Id}")], cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
