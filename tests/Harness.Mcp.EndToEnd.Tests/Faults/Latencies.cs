using System.Diagnostics;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>How long calls took, one after the other.</summary>
internal sealed class Latencies
{
    private readonly double[] _sorted;

    private Latencies(IEnumerable<double> milliseconds) => _sorted = [.. milliseconds.Order()];

    public double Median => _sorted[_sorted.Length / 2];

    /// <summary>What 99 of a hundred stay under.</summary>
    public double P99 => _sorted[Math.Min(_sorted.Length - 1, _sorted.Length * 99 / 100)];

    public static async Task<Latencies> OfAsync(int count, Func<Task> act)
    {
        var all = new double[count];
        for (var index = 0; index < count; index++)
        {
            var began = Stopwatch.GetTimestamp();
            await act();
            all[index] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        return new Latencies(all);
    }

    /// <summary>Calls that must succeed.</summary>
    public static Task<Latencies> OfCallsAsync(HttpAgent agent, string tool, int count, CancellationToken cancellationToken) =>
        OfAsync(count, async () => Assert.False((await agent.CallAsync(tool, cancellationToken)).IsError));

    public static Latencies Of(params IEnumerable<Latencies> several) => new(several.SelectMany(one => one._sorted));
}
