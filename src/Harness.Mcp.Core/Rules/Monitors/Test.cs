using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>One test of a link in a <see cref="Clause"/>, by when it can be answered. A test says yes, no, or (an error) neither.</summary>
internal abstract record Test
{
    private Test() { }

    /// <summary>Says the same for every proposed call: answered once, when the link's call settles.</summary>
    public sealed record OfLink(Expr Condition, string Variable) : Test
    {
        public override string ToString() => ExprText.Of(Condition);
    }

    /// <summary>Says the same for every link: answered once for a proposed call.</summary>
    public sealed record OfCall(Expr Condition) : Test
    {
        public override string ToString() => ExprText.Of(Condition);
    }

    /// <summary>Compares what the link has with what is asked for: answered by a look-up.</summary>
    /// <param name="Key">Computed from the link.</param>
    /// <param name="Asked">Computed for the proposed call.</param>
    public sealed record Join(JoinKind Kind, Expr Key, Expr Asked, string Variable, bool IsNegated) : Test
    {
        public override string ToString() => (Kind, IsNegated) switch
        {
            (JoinKind.Equal, false) => $"{ExprText.Of(Key)} == {ExprText.Of(Asked)}",
            (JoinKind.Equal, true) => $"{ExprText.Of(Key)} != {ExprText.Of(Asked)}",
            (JoinKind.KeyAmongAsked, false) => $"{ExprText.Of(Key)} in {ExprText.Of(Asked)}",
            (JoinKind.KeyAmongAsked, true) => $"!({ExprText.Of(Key)} in {ExprText.Of(Asked)})",
            (_, false) => $"{ExprText.Of(Asked)} in {ExprText.Of(Key)}",
            (_, true) => $"!({ExprText.Of(Asked)} in {ExprText.Of(Key)})",
        };
    }

    /// <summary>Compares the link's age (`now - l.time`) with a length: the one less the other; null counts as zero.</summary>
    /// <param name="Operator">One of the four order operators.</param>
    public sealed record Age(string Operator, Expr? Plus, Expr? Minus) : Test
    {
        public override string ToString() =>
            $"age {ExprText.SignOf(Operator)} {(Plus is null ? "0" : ExprText.Of(Plus))}{(Minus is null ? "" : " - " + ExprText.Of(Minus))}";
    }
}

internal enum JoinKind
{
    /// <summary>`key == asked`.</summary>
    Equal,

    /// <summary>`key in asked`.</summary>
    KeyAmongAsked,

    /// <summary>`asked in key`.</summary>
    AskedAmongKeys,
}
