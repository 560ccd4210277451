using System.Collections.Immutable;
using System.Diagnostics;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Operator.Missions;

/// <summary>A mission's chain, read and folded to its end.</summary>
internal abstract record MissionFold
{
    private const int LinksPerRead = 500;

    private MissionFold() { }

    /// <param name="First">The opening.</param>
    /// <param name="Last">The link that a next one names as its predecessor.</param>
    /// <param name="Links">How many calls were admitted and refused so far, and by whom the mission was opened and last changed.</param>
    public sealed record Found(MissionState State, SealedLink First, SealedLink Last, MissionTally Links) : MissionFold;

    /// <summary>No link of such a mission.</summary>
    public sealed record Unknown : MissionFold;

    /// <summary>The store cannot say, or what it says cannot be understood.</summary>
    public sealed record Unavailable(string Why) : MissionFold;

    /// <param name="known">What was read before, to be carried on; its state is used up by that. Null to begin.</param>
    public static async ValueTask<MissionFold> ReadAsync(IChainStore store, MissionId mission, Found? known, CancellationToken cancellationToken)
    {
        var (state, first, last) = (known?.State, known?.First, known?.Last);
        var tally = known?.Links ?? new MissionTally(0, 0, null);
        while (true)
        {
            ImmutableArray<SealedLink> links;
            switch (await store.ReadAsync(mission, last?.Link.Version ?? 0, LinksPerRead, cancellationToken))
            {
                case ReadResult.Found found:
                    links = found.Links;
                    break;
                case ReadResult.Unavailable unavailable:
                    return new Unavailable(unavailable.Why);
                default:
                    throw new UnreachableException();
            }

            if (links.IsEmpty)
                return state is null || first is null || last is null ? new Unknown() : new Found(state, first, last, tally);

            foreach (var link in links)
            {
                if (state is null)
                {
                    var opened = MissionState.Open(link.Link);
                    if (!opened.IsValid)
                        return new Unavailable(NotUnderstood(mission, opened.Problems));
                    (state, first) = (opened.Value, link);
                }
                else if (Refusal(state, link) is { } refusal)
                {
                    return new Unavailable(refusal);
                }

                tally = tally.With(link.Link);
                last = link;
            }
        }
    }

    private static string? Refusal(MissionState state, SealedLink link)
    {
        try
        {
            state.Apply(link.Link);
            return null;
        }
        catch (InvalidOperationException impossible)
        {
            return $"Link {link.Link.Version} of mission `{link.Link.Mission}` cannot follow the links before it: {impossible.Message} See `harness chain verify {link.Link.Mission}`.";
        }
    }

    private static string NotUnderstood(MissionId mission, ImmutableArray<Problem> problems) =>
        $"This program does not understand the document that mission `{mission}` was opened with: {string.Join(' ', problems)}";
}
