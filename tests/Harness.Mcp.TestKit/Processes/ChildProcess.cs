using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Harness.Mcp.TestKit.Processes;

/// <summary>A program that a test started: its output line by line, and its end. Disposing kills it and its children.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly ConcurrentBag<(Func<string, bool> IsWanted, TaskCompletionSource<string> Line)> _awaited = [];
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CountdownEvent _streams = new(2);

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public StreamWriter Input => _process.StandardInput;

    /// <summary>All that the program wrote to its standard output so far.</summary>
    public string Output
    {
        get
        {
            lock (_lock)
                return _output.ToString();
        }
    }

    /// <summary>All that the program wrote to its standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (_lock)
                return _errors.ToString();
        }
    }

    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, string? folder = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? RepositoryFolder.Root,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>(StringComparer.Ordinal))
            start.Environment[name] = value;

        var child = new ChildProcess(new Process { StartInfo = start });
        child._process.OutputDataReceived += (_, line) => child.Take(child._output, line.Data);
        child._process.ErrorDataReceived += (_, line) => child.Take(child._errors, line.Data);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string program,
        IEnumerable<string> arguments,
        CancellationToken cancellationToken,
        string? folder = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        await using var child = Start(program, arguments, folder, environment);
        child.Input.Close();
        await child.WaitForExitAsync(cancellationToken);
        return (child.ExitCode, child.Output, child.Errors);
    }

    /// <summary>The first line of either stream that <paramref name="isWanted"/> accepts, past or future. Fails when the program ends without it.</summary>
    public async Task<string> LineAsync(Func<string, bool> isWanted, CancellationToken cancellationToken)
    {
        var line = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            foreach (var past in (_output.ToString() + _errors).Split('\n'))
                if (isWanted(past))
                    return past;
            _awaited.Add((isWanted, line));
        }

        if (await Task.WhenAny(line.Task, _ended.Task).WaitAsync(cancellationToken) == line.Task || line.Task.IsCompleted)
            return await line.Task;
        await _process.WaitForExitAsync(cancellationToken); // It closed its streams first.
        throw new InvalidOperationException($"The program ended with {ExitCode} before it wrote the line.\n{Output}\n{Errors}");
    }

    public async Task WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await _ended.Task.WaitAsync(cancellationToken);
    }

    /// <summary>kill -9 of the program alone, as a crash would end it.</summary>
    public void Kill() => _process.Kill(entireProcessTree: false);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _streams.Dispose();
    }

    private void Take(StringBuilder stream, string? line)
    {
        if (line is null)
        {
            if (_streams.Signal())
                _ended.TrySetResult();
            return;
        }

        lock (_lock)
        {
            stream.Append(line).Append('\n');
            foreach (var (isWanted, awaited) in _awaited)
                if (isWanted(line))
                    awaited.TrySetResult(line);
        }
    }
}
