using System.Globalization;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.TestKit.Faults;

/// <summary>
/// How much a fault test does: little with every build, and as much as the figure in `tests/COVERAGE.md` says when a person runs
/// `tests/faults.sh`, which also prints what was measured.
/// </summary>
public static class FaultRun
{
    /// <summary>Whether a person asked for the whole figures.</summary>
    public static bool IsWhole { get; } = Environment.GetEnvironmentVariable("FAULTS") == "whole";

    /// <param name="small">How often with every build.</param>
    /// <param name="whole">How often when a person asks.</param>
    public static int Times(int small, int whole) => IsWhole ? whole : small;

    /// <summary>Keeps a figure for the script to print; a later one of the same key takes its place.</summary>
    public static void Report(string key, double value, string format = "0.###") => Report(key, value.ToString(format, CultureInfo.InvariantCulture));

    /// <inheritdoc cref="Report(string, double, string)"/>
    public static void Report(string key, string value)
    {
        var folder = Directory.CreateDirectory(RepositoryFolder.Of("artifacts", "faults")).FullName;
        File.WriteAllText(Path.Combine(folder, key + ".txt"), $"{key}: {value}\n");
    }
}
