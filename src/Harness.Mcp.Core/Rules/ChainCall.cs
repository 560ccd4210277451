using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules;

/// <summary>
/// One admitted call as rules see it: the `l` of `chain.exists(l, …)`. While it is pending it has no result and no labels.
/// </summary>
/// <param name="Index">Version of the link that admitted the call.</param>
/// <param name="Result">The result's fields as in <see cref="LinkBody.CallSettled"/>; null while pending, unknown or not recorded.</param>
/// <param name="Labels">Labels that the result brought; empty while pending.</param>
/// <param name="Time">When the call was admitted.</param>
public sealed record ChainCall(
    CallId Id,
    long Index,
    ToolFacts Tool,
    JsonElement Arguments,
    JsonElement? Result,
    ImmutableArray<string> Labels,
    DateTimeOffset Time,
    CallOutcome Outcome)
{
    /// <summary>What the proxy kept by this call of its own; null for an agent's call.</summary>
    public ObligationId? Obligation { get; init; }
}
