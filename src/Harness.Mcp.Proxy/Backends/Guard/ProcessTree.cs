using System.Globalization;

namespace Harness.Mcp.Proxy.Backends.Guard;

/// <summary>Who descends from a process, as Linux's `/proc` shows it.</summary>
internal static class ProcessTree
{
    /// <summary>Children, their children and so on, without zombies. Empty where there is no `/proc`.</summary>
    public static IReadOnlyList<int> DescendantsOf(int ancestor)
    {
        if (!OperatingSystem.IsLinux())
            return [];

        var children = new Dictionary<int, List<int>>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && ParentOf(pid) is { } parent)
                (children.TryGetValue(parent, out var list) ? list : children[parent] = []).Add(pid);

        var found = new List<int>();
        var open = new Stack<int>([ancestor]);
        while (open.TryPop(out var next))
            foreach (var child in children.GetValueOrDefault(next) ?? [])
            {
                found.Add(child);
                open.Push(child);
            }

        return found;
    }

    private static int? ParentOf(int pid)
    {
        try
        {
            // "pid (name) state parent …"; the name may hold anything, parentheses included.
            var stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? null : int.Parse(fields[1], CultureInfo.InvariantCulture);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null; // It ended while we looked.
        }
    }
}
