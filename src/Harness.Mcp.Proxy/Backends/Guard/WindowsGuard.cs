using System.Diagnostics;
using System.IO.Pipes;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Harness.Mcp.Proxy.Backends.Guard;

/// <summary>The guard where there are no sessions or signals: ends the backend's tree when the proxy ends.</summary>
[SupportedOSPlatform("windows")]
internal static class WindowsGuard
{
    public static int Run(int lifeline)
    {
        using var input = Console.OpenStandardInput();
        var spec = GuardChild.ReadSpec(input.ReadByte);
        if (spec?.Resolve() is not { } program)
            return GuardChild.NotStarted(spec is null ? "no order came from the proxy" : $"there is no program `{spec.Command}` in its PATH");

        var start = new ProcessStartInfo(program, spec.Arguments) { UseShellExecute = false, WorkingDirectory = spec.WorkingDirectory };
        start.Environment.Clear();
        foreach (var (name, value) in spec.Environment)
            start.Environment[name] = value;
        using var child = Process.Start(start);
        if (child is null)
            return GuardChild.NotStarted($"`{program}` cannot be run");

        using var pipe = new AnonymousPipeClientStream(PipeDirection.In, new SafePipeHandle(lifeline, ownsHandle: true));
        var watch = new Thread(() =>
        {
            while (pipe.ReadByte() >= 0)
            {
            }

            child.Kill(entireProcessTree: true);
        }) { IsBackground = true, Name = "lifeline" };
        watch.Start();
        child.WaitForExit();
        return child.ExitCode;
    }
}
