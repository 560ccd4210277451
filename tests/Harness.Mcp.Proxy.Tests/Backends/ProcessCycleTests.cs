using System.Diagnostics;
using System.Globalization;
using Harness.Mcp.Proxy.Backends.Guard;
using Harness.Mcp.TestKit.Faults;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

/// <summary>Backends that come and go, each with children and grandchildren of its own: none is left, neither by closing nor by kill -9.</summary>
public sealed class ProcessCycleTests
{
    private const string Family = "setsid sleep 611 & A=$!; (sleep 612 & sleep 613) & echo $$ $A $!; read line; wait";

    private static readonly TimeSpan CloseMost = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan GoneMost = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task ManyCycles_AndThenAKill_LeaveNobody()
    {
        var cycles = FaultRun.Times(20, 10_000);
        var start = new ProcessStartInfo(
            Opened.ScriptedProgram, ["cycles", cycles.ToString(CultureInfo.InvariantCulture), Opened.ScriptedProgram, "/bin/sh", "-c", Family])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var parent = Process.Start(start)!;
        var all = new List<int>();
        while (await parent.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && line != "held")
            all.AddRange(line.Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture)));
        Assert.True(all.Count >= 3 * cycles);
        Assert.Contains(all, IsAlive);

        var began = Stopwatch.GetTimestamp();
        parent.Kill();
        await GoneAsync(all);

        FaultRun.Report("process_cycles", cycles);
        FaultRun.Report("process_survivors", all.Count(IsAlive));
        FaultRun.Report("process_gone_s", Stopwatch.GetElapsedTime(began).TotalSeconds);
        Assert.DoesNotContain(all, IsAlive);
    }

    [Fact]
    public async Task BackendThatIgnoresEverything_IsClosedInTime()
    {
        const string Stubborn = "trap '' TERM INT HUP; echo $$; while :; do sleep 614; done";
        var spec = new GuardSpec("/bin/sh", ["-c", Stubborn], System.Collections.Immutable.ImmutableDictionary<string, string>.Empty.Add("PATH", "/usr/bin:/bin"), "/");
        var process = await GuardedProcess.StartAsync(Opened.Guard, spec, TestContext.Current.CancellationToken);
        using var output = new StreamReader(process.Output);
        var id = int.Parse((await output.ReadLineAsync(TestContext.Current.CancellationToken))!, CultureInfo.InvariantCulture);

        var began = Stopwatch.GetTimestamp();
        await process.DisposeAsync();
        var took = Stopwatch.GetElapsedTime(began);

        FaultRun.Report("stubborn_backend_closed_s", took.TotalSeconds);
        Assert.True(took < CloseMost, $"It took {took}.");
        await GoneAsync([id]);
        Assert.False(IsAlive(id));
    }

    private static async Task GoneAsync(IReadOnlyList<int> family)
    {
        var began = Stopwatch.GetTimestamp();
        while (family.Any(IsAlive) && Stopwatch.GetElapsedTime(began) < GoneMost)
            await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    // A zombie is gone: it only waits to be counted. An id that went to another program since is not ours.
    private static bool IsAlive(int id)
    {
        try
        {
            var folder = $"/proc/{id.ToString(CultureInfo.InvariantCulture)}";
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            var command = File.ReadAllText(Path.Combine(folder, "cmdline"));
            return stat[stat.LastIndexOf(')') + 2] != 'Z' && (command.Contains("sleep\06", StringComparison.Ordinal) || command.Contains("sleep 61", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
    }
}
