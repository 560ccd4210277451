using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Harness.Mcp.Demo;

/// <summary>The demo agent as a process of its own, as agents are: it knows one URL and nothing else of the proxy.</summary>
internal sealed class AgentProcess : IDisposable
{
    private readonly Process _process;

    private AgentProcess(Process process) => _process = process;

    /// <param name="pace">How long the scripted model takes for a turn, so that a person can follow.</param>
    /// <param name="said">Gets each line that the agent says, in order.</param>
    /// <exception cref="DemoException">The program cannot be started.</exception>
    public static AgentProcess Start(string program, Uri endpoint, string task, TimeSpan pace, Action<string> said)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [program, "--url", endpoint.AbsoluteUri, task])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            },
        };
        process.StartInfo.Environment["SCRIPT_PACE_MS"] = pace.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
        process.OutputDataReceived += (_, line) => Pass(line.Data);
        process.ErrorDataReceived += (_, line) => Pass(line.Data);

        try
        {
            process.Start();
        }
        catch (Win32Exception failure)
        {
            process.Dispose();
            throw new DemoException($"The demo agent could not be started: {failure.Message}. Is `dotnet` in PATH?", failure);
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new AgentProcess(process);

        void Pass(string? line)
        {
            if (!string.IsNullOrWhiteSpace(line))
                said(line);
        }
    }

    /// <summary>Waits for the end of the process and of all it said.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
