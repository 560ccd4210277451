using System.Globalization;
using System.Runtime.InteropServices;

namespace Harness.Mcp.Proxy.Backends.Guard;

/// <summary>
/// The small process between the proxy and one stdio backend. It starts the backend in a session of its own, and when either the proxy
/// or the backend ends, however abruptly, it ends whatever the backend has started, grandchildren included. The data flows past it:
/// the backend inherits the guard's standard streams.
/// </summary>
public static class GuardChild
{
    /// <summary>The hidden first argument by which our program becomes a guard.</summary>
    public const string Verb = "guard-child";

    /// <summary>The guard could not start the backend; it said why on the standard error stream.</summary>
    public const int ExitNotStarted = 127;

    private const int SpecBytesMax = 1024 * 1024;
    private const int KillRoundsMax = 100;

    /// <param name="args">`guard-child` and the number of an inherited pipe, whose other end only the proxy holds: its end is the proxy's end.</param>
    public static int Run(string[] args)
    {
        if (args is not [Verb, var text] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var lifeline))
        {
            Console.Error.WriteLine("This command starts backends for the proxy and is of no use by hand.");
            return 2;
        }

        return OperatingSystem.IsWindows() ? WindowsGuard.Run(lifeline) : RunUnix(lifeline);
    }

    private static int RunUnix(int lifeline)
    {
        _ = UnixCalls.NewSession();
        UnixCalls.AdoptOrphans();
        UnixCalls.MarkCloseOnExec(lifeline);

        var spec = ReadSpec(ReadByteFromInput);
        if (spec?.Resolve() is not { } program)
            return NotStarted(spec is null ? "no order came from the proxy" : $"there is no program `{spec.Command}` in its PATH");
        if (!Directory.Exists(spec.WorkingDirectory))
            return NotStarted($"there is no folder `{spec.WorkingDirectory}`");
        Environment.CurrentDirectory = spec.WorkingDirectory;

        var error = UnixCalls.Spawn(program, spec.Arguments, spec.Environment, out var child);
        if (error != 0)
            return NotStarted($"`{program}` cannot be run: {Marshal.GetPInvokeErrorMessage(error)}");

        // Blocks in read() until the proxy closes its end or dies.
        var watch = new Thread(() =>
        {
            while (UnixCalls.Read(lifeline, out _, 1) is var count && (count > 0 || (count < 0 && Marshal.GetLastPInvokeError() == UnixCalls.Interrupted)))
            {
            }

            EndDescendants();
            UnixCalls.ExitNow(0);
        }) { IsBackground = true, Name = "lifeline" };
        watch.Start();

        var code = Reap(child);
        EndDescendants();
        return code;
    }

    /// <summary>Waits for every child, adopted ones included, until the backend itself ends; returns its exit code as a shell would.</summary>
    private static int Reap(int child)
    {
        while (true)
        {
            var ended = UnixCalls.WaitPid(-1, out var status, 0);
            if (ended == child)
                return (status & 0x7F) == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F);
            if (ended < 0 && Marshal.GetLastPInvokeError() != UnixCalls.Interrupted)
                return ExitNotStarted;
        }
    }

    /// <summary>Kills until nothing is left: a process that forks while we look is found in the next round.</summary>
    private static void EndDescendants()
    {
        for (var round = 0; round < KillRoundsMax; round++)
        {
            var left = ProcessTree.DescendantsOf(Environment.ProcessId);
            if (left.Count == 0)
                return;
            foreach (var pid in left)
                _ = UnixCalls.Kill(pid, UnixCalls.SignalKill);
            Thread.Yield();
        }
    }

    internal static GuardSpec? ReadSpec(Func<int> readByte)
    {
        var line = new List<byte>(1024);
        for (var value = readByte(); value != '\n'; value = readByte())
        {
            if (value < 0 || line.Count == SpecBytesMax)
                return null;
            line.Add((byte)value);
        }

        return GuardSpec.FromLine(CollectionsMarshal.AsSpan(line));
    }

    // One byte at a time and without a buffer: what follows the first line is the backend's.
    private static int ReadByteFromInput()
    {
        while (true)
        {
            var count = UnixCalls.Read(0, out var value, 1);
            if (count == 1)
                return value;
            if (count == 0 || Marshal.GetLastPInvokeError() != UnixCalls.Interrupted)
                return -1;
        }
    }

    internal static int NotStarted(string why)
    {
        Console.Error.WriteLine($"The backend was not started: {why}.");
        return ExitNotStarted;
    }
}
