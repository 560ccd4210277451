using System.Globalization;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>Processes as Linux lists them.</summary>
internal static class ProcessTable
{
    /// <summary>Ids of the processes whose command line or environment holds <paramref name="mark"/>.</summary>
    public static IEnumerable<int> Marked(string mark) =>
        from folder in Directory.EnumerateDirectories("/proc")
        let id = int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var number) ? number : 0
        where id != 0 && id != Environment.ProcessId && (Holds(folder, "cmdline", mark) || Holds(folder, "environ", mark))
        select id;

    /// <summary>Waits until no such process is left.</summary>
    public static async Task WaitForNoneAsync(string mark, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (Marked(mark).Any())
            await timer.WaitForNextTickAsync(cancellationToken);
    }

    /// <summary>The most memory, in bytes, that a process ever held at once.</summary>
    public static long PeakMemory(int id) => Status(id, "VmHWM:");

    /// <summary>The memory, in bytes, that a process holds now.</summary>
    public static long Memory(int id) => Status(id, "VmRSS:");

    /// <summary>How many files and connections a process of this account may have open.</summary>
    public static int OpenFilesMax => File.ReadLines("/proc/self/limits")
        .Where(line => line.StartsWith("Max open files", StringComparison.Ordinal))
        .Select(line => int.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture, out var most) ? most : int.MaxValue)
        .First();

    private static long Status(int id, string name)
    {
        var line = File.ReadLines($"/proc/{id}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) * 1024;
    }

    private static bool Holds(string folder, string file, string mark)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file)).Contains(mark, StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
