using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Harness.Mcp.Core.Documents;

/// <summary>One mistake in a document: where it is, what is wrong, and what its author most likely meant.</summary>
public sealed record Problem(SourcePosition Position, string Message, string? Remedy = null)
{
    public override string ToString() => Remedy is null ? $"{Position}: {Message}" : $"{Position}: {Message} {Remedy}";
}

/// <summary>What a pure parser returns: the value, or every problem at once. There is a value exactly when there is no problem.</summary>
public readonly struct Parsed<T>
    where T : class
{
    private readonly ImmutableArray<Problem> _problems;

    public Parsed(T value) => Value = value;

    public Parsed(ImmutableArray<Problem> problems)
    {
        if (problems.IsDefaultOrEmpty)
            throw new ArgumentException("A failed parse names at least one problem.", nameof(problems));
        _problems = problems;
    }

    public T? Value { get; }

    public ImmutableArray<Problem> Problems => _problems.IsDefault ? [] : _problems;

    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsValid => Value is not null;
}
