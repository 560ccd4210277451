using System.Globalization;

namespace Harness.Mcp.Benchmarks;

/// <summary>How figures are formed and printed: one `key: value` a line.</summary>
internal static class Figures
{
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    public static void Print(string key, double value) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{key}: {value:0.##}"));
}
