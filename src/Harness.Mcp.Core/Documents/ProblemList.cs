using System.Collections.Immutable;

namespace Harness.Mcp.Core.Documents;

/// <summary>Gathers every problem of one document, so that its author mends them all at once.</summary>
internal sealed class ProblemList
{
    /// <summary>Past this many a document is not worth more: the first ones explain the rest.</summary>
    private const int ProblemsMax = 100;

    private readonly List<Problem> _problems = [];

    public int Count => _problems.Count;

    public void Add(SourcePosition at, string message, string? remedy = null) => AddRange([new Problem(at, message, remedy)]);

    public void AddRange(ImmutableArray<Problem> problems)
    {
        foreach (var problem in problems)
            if (_problems.Count < ProblemsMax && !_problems.Contains(problem))
                _problems.Add(problem);
    }

    /// <summary>In the order of the document.</summary>
    public ImmutableArray<Problem> ToImmutable() =>
        [.. _problems.OrderBy(problem => problem.Position.Line).ThenBy(problem => problem.Position.Column)];
}
