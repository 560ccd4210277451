using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Harness.Mcp.Benchmarks;

/// <summary>The machine's own price of durability, which every figure about durable things must stand beside.</summary>
internal static class DiskSync
{
    /// <summary>What the disk asks for one small write that is durable.</summary>
    public static double Microseconds(string folder)
    {
        const int Syncs = 200;
        using var file = File.OpenHandle(Path.Combine(folder, "sync"), FileMode.Create, FileAccess.Write);
        var page = new byte[4096];
        RandomAccess.Write(file, new byte[Syncs * page.Length], 0);
        RandomAccess.FlushToDisk(file);

        // Over pages that are there already, as the write-ahead log does: a growing file pays for its new length too.
        var syncs = new List<double>(Syncs);
        for (var sync = 0; sync < Syncs; sync++)
        {
            RandomAccess.Write(file, page, sync * page.Length);
            var started = Stopwatch.GetTimestamp();
            Flush(file);
            syncs.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        syncs.Sort();
        return syncs[Syncs / 2];
    }

    /// <summary>Returns when what was written to the file is on the disk.</summary>
    public static void Flush(SafeFileHandle file)
    {
        if (FlushData((int)file.DangerousGetHandle()) != 0)
            throw new IOException($"The sync failed: error {Marshal.GetLastPInvokeError()}.");
    }

    [DllImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static extern int FlushData(int file);
}
