using System.Collections.Immutable;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// Tests that must all hold for a link. It fails where one of them says no, cannot be judged where none says no but one errs, and
/// holds otherwise: CEL's `&amp;&amp;`, so that any grouping of `&amp;&amp;`, `||` and `!` equals its alternatives, errors included.
/// </summary>
internal sealed record Clause(ImmutableArray<Test> Tests)
{
    public static Clause Of(Test test) => new([test]);

    /// <summary>A clause that holds where both hold.</summary>
    public Clause And(Clause other) =>
        new([.. Tests, .. other.Tests.Where(test => !Tests.Any(mine => string.Equals(Text(mine), Text(test), StringComparison.Ordinal)))]);

    public override string ToString() => Tests.IsEmpty ? "true" : string.Join(" && ", Tests.Select(Text));

    private static string Text(Test test) => test is Test.OfLink link ? $"[{link.Variable}] {test}" : test.ToString();
}
