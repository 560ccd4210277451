using System.Diagnostics;
using System.Text;

namespace Harness.Mcp.EndToEnd.Tests.Samples;

/// <summary>The real program as a process of its own, with all that it prints.</summary>
internal sealed class HarnessProcess : IAsyncDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "harness.dll");

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource<string> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HarnessProcess(Process process) => _process = process;

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    public static HarnessProcess Start(params string[] arguments)
    {
        var process = new HarnessProcess(new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [Program, .. arguments])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            },
        });
        process._process.OutputDataReceived += (_, line) => process.TakeOutput(line.Data);
        process._process.ErrorDataReceived += (_, line) => process.TakeError(line.Data);
        process._process.Start();
        process._process.BeginOutputReadLine();
        process._process.BeginErrorReadLine();
        return process;
    }

    /// <summary>The first address that `harness run` says it listens on.</summary>
    public async Task<Uri> ListeningAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(_listening.Task, _process.WaitForExitAsync(cancellationToken)).WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
        return _listening.Task.IsCompleted
            ? new Uri(await _listening.Task)
            : throw new InvalidOperationException($"`harness` ended with exit code {_process.ExitCode}: {Errors}");
    }

    public async Task<int> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(limit, cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void TakeOutput(string? line)
    {
        const string Start = "listening on ";
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
        if (line.StartsWith(Start, StringComparison.Ordinal))
            _listening.TrySetResult(line[Start.Length..line.IndexOf(": ", Start.Length, StringComparison.Ordinal)]);
    }

    private void TakeError(string? line)
    {
        if (line is null)
            return;
        lock (_errors)
            _errors.AppendLine(line);
    }
}
