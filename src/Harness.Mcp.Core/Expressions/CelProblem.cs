using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Harness.Mcp.Core.Expressions;

/// <summary>One mistake in an expression.</summary>
/// <param name="Offset">UTF-16 code units from the start of the source to the place.</param>
/// <param name="Remedy">What its author most likely meant, as a sentence; null where nothing is likely.</param>
internal sealed record CelProblem(int Offset, string Message, string? Remedy = null);

/// <summary>A value, or the problems that are why there is none.</summary>
internal readonly struct CelOutcome<T>
    where T : class
{
    private readonly ImmutableArray<CelProblem> _problems;

    public CelOutcome(T value) => Value = value;

    public CelOutcome(ImmutableArray<CelProblem> problems)
    {
        if (problems.IsDefaultOrEmpty)
            throw new ArgumentException("A failure names at least one problem.", nameof(problems));
        _problems = problems;
    }

    public T? Value { get; }

    public ImmutableArray<CelProblem> Problems => _problems.IsDefault ? [] : _problems;

    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsValid => Value is not null;
}
