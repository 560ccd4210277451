using System.Collections.Immutable;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Rules;

/// <summary>
/// A CEL expression over `call`, `chain`, `mission`, `agent` and `now`, compiled so that no evaluation scans the chain: each
/// macro over `chain` became a monitor, and what cannot become one was refused with the reason and a rewrite.
/// </summary>
public sealed class RuleExpression
{
    /// <param name="source">The expression; it must be of type bool.</param>
    /// <param name="at">Where the expression starts, so that problems name the column inside it.</param>
    public static Parsed<RuleExpression> Compile(string source, SourcePosition at) => throw new NotImplementedException();

    /// <summary>Fresh monitors, as for a chain without calls. The state that is returned has one owner and is not thread-safe.</summary>
    /// <param name="mission">What `mission` means in this state: monitors judge settled calls by it, once and for all.</param>
    public RuleExpressionState NewState(MissionFacts mission) => throw new NotImplementedException();
}

/// <summary>The monitors of one expression in one mission.</summary>
public sealed class RuleExpressionState
{
    /// <summary>Takes in a call that has settled; from now on it never changes. Costs the same at every length of the chain.</summary>
    public void Settle(ChainCall call) => throw new NotImplementedException();

    /// <summary>
    /// Answers for a proposed call, over all settled calls and <paramref name="pending"/> (the admitted calls that have not
    /// settled, in order; few, since calls in flight are capped).
    /// </summary>
    public RuleAnswer Evaluate(ToolCall call, IReadOnlyList<ChainCall> pending) => throw new NotImplementedException();
}

/// <summary>What an expression says of a call. An error is never read as true or false: wherever it decides, the call is denied.</summary>
/// <param name="Because">Versions of the links that made the answer so, ascending; at most 8.</param>
/// <param name="Error">What went wrong, for the log and the chain; null for an answer.</param>
public readonly record struct RuleAnswer(bool Value, ImmutableArray<long> Because, string? Error);
