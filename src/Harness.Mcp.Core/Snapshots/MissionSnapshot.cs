using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Core.Snapshots;

/// <summary>
/// What a mission remembered at one version of its chain: a shortcut for the next start, never a record. Where it cannot be read, the chain
/// is folded from its first link instead.
/// </summary>
/// <param name="Version">Of the last link that it takes in.</param>
/// <param name="Links">Versions of the links, ascending, that must be at hand to read it: what it names it does not repeat.</param>
/// <param name="State">In a form that this version of the program alone reads.</param>
public sealed record MissionSnapshot(MissionId Mission, long Version, ImmutableArray<long> Links, ReadOnlyMemory<byte> State)
{
    /// <returns>The state as it is now; null where something of it has no form in a snapshot, or the chain must be folded anew.</returns>
    public static MissionSnapshot? Of(MissionState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.NeedsRefold)
            return null;

        var saving = StateTransfer.Saving();
        try
        {
            state.Transfer(saving);
        }
        catch (NotSupportedException)
        {
            return null;
        }

        return new MissionSnapshot(state.Id, state.Version, [.. saving.Named], saving.Bytes);
    }

    /// <summary>The state as it was saved, in place of folding the links up to there.</summary>
    /// <param name="links">The first link and those that the snapshot names, of a chain that was verified; more do no harm.</param>
    /// <returns>Null where the snapshot cannot be read, or is not one of this chain under this program: then fold the chain.</returns>
    public MissionState? Restore(IReadOnlyCollection<Link> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        if (links.FirstOrDefault(link => link.Version == 1) is not { } first || first.Mission != Mission)
            return null;

        var opened = MissionState.Open(first, [.. links.Where(link => link.Body is LinkBody.RulesTightened && link.Version <= Version).OrderBy(link => link.Version)]);
        if (!opened.IsValid)
            return null;
        try
        {
            opened.Value.Transfer(StateTransfer.Loading(State, links));
            return opened.Value.Version == Version ? opened.Value : null;
        }
        catch (Exception unreadable) when (unreadable is FormatException or ArgumentException or OverflowException or InvalidOperationException or IndexOutOfRangeException)
        {
            return null;
        }
    }
}
