using System.Diagnostics;
using System.Globalization;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public class GuardTests
{
    [Fact]
    public async Task KillingTheParent_LeavesNoChildAndNoGrandchild()
    {
        var start = new ProcessStartInfo(
            Opened.ScriptedProgram, ["parent", Opened.ScriptedProgram, "/bin/sh", "-c", "setsid sleep 601 & A=$!; sleep 602 & echo $$ $A $!; wait"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var parent = Process.Start(start)!;
        var line = await parent.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        var family = line!.Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        Assert.All(family, pid => Assert.True(IsAlive(pid)));

        parent.Kill();

        await AllGone(family);
    }

    [Fact]
    public async Task ClosingAChannel_EndsWhatTheBackendStarted()
    {
        int[] family;
        await using (var opened = await Opened.OverStdioAsync(new Script()))
        {
            var reply = await opened.CallAsync("spawn");
            var pids = Assert.IsType<BackendReply.Result>(reply).Value.GetProperty("structuredContent");
            family = [pids.GetProperty("pid").GetInt32(), pids.GetProperty("child").GetInt32()];
        }

        await AllGone(family);
    }

    [Fact]
    public async Task BackendThatEnds_TakesItsChildrenAlong()
    {
        await using var opened = await Opened.OverStdioAsync(new Script());
        var reply = await opened.CallAsync("spawn");
        var child = Assert.IsType<BackendReply.Result>(reply).Value.GetProperty("structuredContent").GetProperty("child").GetInt32();

        await opened.CallAsync("die");

        await AllGone([child]);
    }

    [Fact]
    public async Task MissingProgram_IsNamed()
    {
        var connection = Opened.Stdio(new Script()) with { Command = "no-such-program" };

        await using var wire = await Harness.Mcp.Proxy.Backends.Wire.StdioWire.OpenAsync(
            connection, Opened.Guard, 1024, new Opened { Channel = null! }, TestContext.Current.CancellationToken);

        Assert.Contains("no program `no-such-program`", await wire.Ended.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task AllGone(int[] family)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        while (family.Any(IsAlive))
            await Task.Delay(20, limit.Token);
    }

    // A zombie is gone: it only waits to be counted.
    private static bool IsAlive(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }
}
