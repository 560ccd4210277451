using System.Globalization;

namespace Harness.Mcp.AgentDojo.Figures;

/// <summary>One figure of the report, and what missed it.</summary>
/// <param name="Name">Its name in the report, such as `golden_whole`.</param>
internal sealed record Figure(string Name, string Value, IReadOnlyList<Miss> Misses)
{
    public static Figure Count(string name, int hits, int all, IReadOnlyList<Miss> misses) =>
        new(name, string.Create(CultureInfo.InvariantCulture, $"{hits}/{all}"), misses);

    public static Figure Share(string name, int hits, int all, IReadOnlyList<Miss> misses) =>
        new(name, Percent(all == 0 ? 0 : (double)hits / all), misses);

    public static Figure Mean(string name, double mean, IReadOnlyList<Miss> misses) => new(name, Percent(mean), misses);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.00}%");
}

/// <summary>Something that did not go as it should.</summary>
/// <param name="What">Its name: a task, a pair, or what many runs have in common.</param>
internal sealed record Miss(string What, string Why);
