using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Tasks;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules;

/// <summary>
/// One admitted call as rules see it: the `l` of `chain.exists(l, …)`. While it is pending it has no result, and labels only where its backend asked the agent.
/// </summary>
/// <param name="Index">Version of the link that admitted the call.</param>
/// <param name="Result">The result's fields as in <see cref="LinkBody.CallSettled"/>; null while pending, unknown or not recorded.</param>
/// <param name="Labels">Labels that the result brought, and before it what the backend asked and the agent answered.</param>
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
    private LinkObject? _object;

    // A copy may say something else, so it reads anew.
    private ChainCall(ChainCall original)
    {
        (Id, Index, Tool, Arguments) = (original.Id, original.Index, original.Tool, original.Arguments);
        (Result, Labels, Time, Outcome) = (original.Result, original.Labels, original.Time, original.Outcome);
        (Obligation, MayAsk, Rounds, Ask, Task) = (original.Obligation, original.MayAsk, original.Rounds, original.Ask, original.Task);
    }

    /// <summary>The call as it is when it has just been admitted.</summary>
    public static ChainCall Of(Link link, LinkBody.CallAdmitted admitted)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(admitted);
        return new ChainCall(admitted.Call, link.Version, admitted.Tool, admitted.Arguments, null, [], link.Time, CallOutcome.Pending)
        {
            Obligation = admitted.Obligation,
            MayAsk = admitted.MayAsk,
        };
    }

    /// <summary>What the proxy kept by this call of its own; null for an agent's call.</summary>
    public ObligationId? Obligation { get; init; }

    /// <summary>What the backend may ask of the agent while the call is pending.</summary>
    public AgentInputs MayAsk { get; init; }

    /// <summary>Questions that the backend has asked.</summary>
    public int Rounds { get; init; }

    /// <summary>The question that waits for an answer; null for none.</summary>
    public OpenAsk? Ask { get; init; }

    /// <summary>The task by which the backend answers later; null for none.</summary>
    public OpenTask? Task { get; init; }

    /// <summary>The call with labels that it did not bring before; itself where there are none.</summary>
    internal ChainCall With(ImmutableArray<string> labels) =>
        labels.All(label => Labels.Contains(label, StringComparer.Ordinal)) ? this : this with { Labels = [.. Labels.Union(labels, StringComparer.Ordinal)] };

    /// <summary>The call as expressions see it: one for all rules, so that it is read once.</summary>
    internal LinkObject Object => _object ??= new LinkObject(this);

    /// <summary>A call of the chain is itself alone.</summary>
    public bool Equals(ChainCall? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Id.GetHashCode();
}
