using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;

namespace Harness.Mcp.Proxy.Backends.Guard;

/// <summary>Which program plays the guard: our own, by its hidden command.</summary>
/// <param name="Arguments">What stands before <see cref="GuardChild.Verb"/>.</param>
public sealed record GuardProgram(string Path, IReadOnlyList<string> Arguments)
{
    /// <summary>The running program itself, whether it is native, an app host or run by `dotnet`.</summary>
    public static GuardProgram Self()
    {
        var path = Environment.ProcessPath ?? throw new InvalidOperationException("The program's own file is unknown.");
        var isMuxer = string.Equals(System.IO.Path.GetFileNameWithoutExtension(path), "dotnet", StringComparison.OrdinalIgnoreCase);
        return new GuardProgram(path, isMuxer ? [Environment.GetCommandLineArgs()[0]] : []);
    }
}

/// <summary>A backend's process behind its guard.</summary>
internal sealed class GuardedProcess : IAsyncDisposable
{
    private static readonly Lock Starting = new();

    // What the guard's own runtime needs, with settings that keep it small; the backend sees none of it.
    private static readonly string[] RuntimeVariables = ["PATH", "HOME", "DOTNET_ROOT", "DOTNET_HOST_PATH", "SystemRoot", "TEMP"];

    private static readonly TimeSpan GraceForExit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan GraceForKill = TimeSpan.FromSeconds(2);

    private readonly Process _guard;
    private readonly AnonymousPipeServerStream _lifeline;
    private int _disposed;

    private GuardedProcess(Process guard, AnonymousPipeServerStream lifeline)
    {
        _guard = guard;
        _lifeline = lifeline;
    }

    public Stream Input => _guard.StandardInput.BaseStream;

    public Stream Output => _guard.StandardOutput.BaseStream;

    public Stream Errors => _guard.StandardError.BaseStream;

    /// <exception cref="System.ComponentModel.Win32Exception">The guard itself cannot be started.</exception>
    public static async Task<GuardedProcess> StartAsync(GuardProgram program, GuardSpec spec, CancellationToken cancellationToken)
    {
        var process = Start(program);
        try
        {
            await process.Input.WriteAsync(spec.ToLine(), cancellationToken);
            await process.Input.FlushAsync(cancellationToken);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Closes the backend's input, gives it two seconds to end by itself, then ends it and all it started.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;

        await CloseInputAsync();
        if (!await HasExitedAsync(GraceForExit))
        {
            await _lifeline.DisposeAsync();
            if (!await HasExitedAsync(GraceForKill))
                KillGroup();
        }

        await _lifeline.DisposeAsync();
        _guard.Dispose();
    }

    private static GuardedProcess Start(GuardProgram program)
    {
        // INVARIANT: one start at a time. The read end of the lifeline is inheritable for this moment, and must reach one guard only.
        lock (Starting)
        {
            var lifeline = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable);
            try
            {
                var start = new ProcessStartInfo(program.Path)
                {
                    UseShellExecute = false,
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                };
                foreach (var argument in program.Arguments)
                    start.ArgumentList.Add(argument);
                start.ArgumentList.Add(GuardChild.Verb);
                start.ArgumentList.Add(int.Parse(lifeline.GetClientHandleAsString(), CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture));
                start.Environment.Clear();
                foreach (var name in RuntimeVariables)
                    if (Environment.GetEnvironmentVariable(name) is { } value)
                        start.Environment[name] = value;
                start.Environment["DOTNET_gcServer"] = "0";
                start.Environment["DOTNET_gcConcurrent"] = "0";
                start.Environment["DOTNET_EnableDiagnostics"] = "0";
                start.Environment["DOTNET_GCHeapHardLimit"] = "0x2000000";
                var guard = Process.Start(start) ?? throw new InvalidOperationException("The guard was not started.");
                lifeline.DisposeLocalCopyOfClientHandle();
                return new GuardedProcess(guard, lifeline);
            }
            catch
            {
                lifeline.Dispose();
                throw;
            }
        }
    }

    private async Task CloseInputAsync()
    {
        try
        {
            await Input.DisposeAsync();
        }
        catch (IOException)
        {
            // The backend closed its end first.
        }
    }

    private async Task<bool> HasExitedAsync(TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        try
        {
            await _guard.WaitForExitAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void KillGroup()
    {
        // The guard leads its own session, so its id names the whole group.
        if (!OperatingSystem.IsWindows())
            _ = UnixCalls.Kill(-_guard.Id, UnixCalls.SignalKill);
        if (!_guard.HasExited)
            _guard.Kill(entireProcessTree: true);
    }
}
