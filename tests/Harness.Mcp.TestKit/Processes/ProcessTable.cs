using System.Globalization;

namespace Harness.Mcp.TestKit.Processes;

/// <summary>Processes as Linux lists them.</summary>
public static class ProcessTable
{
    /// <summary>Ids of the other processes that were started from a home: it stands in their command line, their environment or their working directory.</summary>
    public static IEnumerable<int> StartedFrom(string home) =>
        from folder in Directory.EnumerateDirectories("/proc")
        let id = int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var number) ? number : 0
        where id != 0 && id != Environment.ProcessId && (Holds(folder, "cmdline", home) || Holds(folder, "environ", home) || IsIn(folder, home))
        select id;

    /// <summary>Waits until no such process is left.</summary>
    public static async Task WaitForNoneAsync(string home, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (StartedFrom(home).Any())
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

    private static bool Holds(string folder, string file, string home)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file)).Contains(home, StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsIn(string folder, string home)
    {
        try
        {
            return new FileInfo(Path.Combine(folder, "cwd")).LinkTarget is { } current && current.StartsWith(home, StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
