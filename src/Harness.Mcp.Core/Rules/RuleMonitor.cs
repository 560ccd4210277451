using System.Collections.Immutable;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules;

/// <summary>
/// The state that one rule keeps in one mission: just what its question needs, updated once a link. Judging changes nothing
/// and costs the same at every length of the chain.
/// </summary>
internal abstract class RuleMonitor
{
    /// <summary>Whether calls of the tool matter to what the rule remembers.</summary>
    public virtual bool Notices(ToolFacts tool) => false;

    /// <summary>Whether the rule remembers the calls that it judges: those where its `when` holds.</summary>
    public virtual bool RemembersJudged => false;

    /// <summary>Takes in a call from the moment it counts.</summary>
    public virtual void Admit(ChainCall call)
    {
    }

    /// <summary>Takes in how the call ended.</summary>
    public virtual void Settle(ChainCall call)
    {
    }

    /// <summary>Takes in labels that reached the agent, or came from it, while the call is still pending.</summary>
    public virtual void Hear(ChainCall call, ImmutableArray<string> labels)
    {
    }

    /// <returns>Why what the agent answers must not go to the backend of a pending call, or null. Only rules about what flows have an opinion.</returns>
    public virtual RuleDenial? JudgeInput(ChainCall call, GivenInput given) => null;

    /// <returns>Why the call is denied, or null.</returns>
    public abstract RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending);

    /// <summary>Writes what the rule remembers, or reads it back into a monitor that has seen nothing yet.</summary>
    public abstract void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending);

    /// <summary>For a call that lacks an argument which the rule reads.</summary>
    protected static RuleDenial? Lacking(Rule rule, FieldPath argument) => rule.HasOwnOn
        ? new RuleDenial(new Denial(ReasonCode.ArgumentsNotGranted, $"Name `{argument}` in the call: a rule of this mission decides by it.")
        {
            Argument = argument.Text,
        })
        { KeepsWords = true }
        : null;

    protected static RuleDenial Exhausted() => new(new Denial(
        ReasonCode.StateExhausted,
        "This mission has touched more things than it can keep account of; finish with those already used, or ask for a new mission."))
        { KeepsWords = true };
}

/// <summary>A rule's denial before it is given the rule's id and words.</summary>
/// <param name="Denial">The denial in the form's own words.</param>
internal sealed record RuleDenial(Denial Denial)
{
    /// <summary>True where the rule's `say` would mislead, since not the rule's own question decided.</summary>
    public bool KeepsWords { get; init; }

    /// <summary>What went wrong inside, for the log alone.</summary>
    public string? Fault { get; init; }

    /// <summary>Who may permit the call all the same, so that it escalates; null for a denial.</summary>
    public ApprovalTerms? Asks { get; init; }
}

/// <summary>Versions of the latest links that matter to a rule, as many as a denial names.</summary>
internal sealed class RecentLinks
{
    private readonly Queue<long> _versions = new();

    public void Add(long version)
    {
        _versions.Enqueue(version);
        if (_versions.Count > MissionBounds.BecauseMax)
            _versions.Dequeue();
    }

    public ImmutableArray<long> ToImmutable() => [.. _versions];

    public void Transfer(StateTransfer state) => state.Ordered(
        _versions,
        static (state, version) =>
        {
            state.Number(ref version);
            return version;
        },
        _versions.Enqueue);
}
