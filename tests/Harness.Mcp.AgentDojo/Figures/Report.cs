using System.Collections.Immutable;
using Harness.Mcp.AgentDojo.Corpus;
using Harness.Mcp.AgentDojo.Replay;

namespace Harness.Mcp.AgentDojo.Figures;

/// <summary>All figures, in total and then for each suite.</summary>
internal static class Report
{
    public static ImmutableArray<Figure> Of(CorpusFolder corpus, Replayer replayer)
    {
        var golden = new GoldenChains(replayer);
        var runs = corpus.Runs.IsEmpty ? null : new RecordedRuns(corpus, replayer);

        var figures = ImmutableArray.CreateBuilder<Figure>();
        figures.AddRange(golden.Of(corpus.Suites, ""));
        if (runs is not null)
            figures.AddRange(runs.Of(null, ""));
        foreach (var suite in corpus.Suites)
        {
            // The total has named the misses already.
            var own = golden.Of([suite], $"_{suite.Name}");
            figures.AddRange(runs is null ? own : [.. own, .. runs.Of(suite.Name, $"_{suite.Name}")]);
        }

        for (var index = 0; index < figures.Count; index++)
            if (index >= figures.Count / (corpus.Suites.Length + 1))
                figures[index] = figures[index] with { Misses = [] };
        return figures.ToImmutable();
    }
}
