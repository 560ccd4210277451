using Harness.Mcp.AgentDojo.Corpus;

namespace Harness.Mcp.AgentDojo.Tests;

/// <summary>The corpus of the repository, read once.</summary>
internal static class Shared
{
    private static readonly Lazy<CorpusFolder> Read = new(() => CorpusFolder.Read(Path.Combine(AppContext.BaseDirectory, "corpus"), suite: null));

    public static CorpusFolder Corpus => Read.Value;

    public static Suite Suite(string name) => Corpus.Suites.Single(suite => suite.Name == name);
}
