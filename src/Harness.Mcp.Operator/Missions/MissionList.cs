using System.Collections.Immutable;
using System.Diagnostics;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Operator.Missions;

/// <summary>All missions of a store, in order of opening.</summary>
public static class MissionList
{
    /// <summary>Reads every mission; one that cannot be read is listed with the reason and hides no other.</summary>
    public static async ValueTask<ListAnswer> ReadAsync(IChainStore store, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        switch (await store.ListAsync(cancellationToken))
        {
            case ListResult.Unavailable unavailable:
                return new ListAnswer.Unavailable(unavailable.Why);
            case ListResult.Found found:
                var missions = ImmutableArray.CreateBuilder<ListedMission>();
                foreach (var head in found.Missions)
                    missions.Add(new ListedMission(head.Mission, await MissionReport.ReadAsync(store, head.Mission, cancellationToken)));
                return new ListAnswer.Found(missions.ToImmutable());
            default:
                throw new UnreachableException();
        }
    }
}

/// <summary>One mission of a list.</summary>
public sealed record ListedMission(MissionId Mission, ReportAnswer Report);

/// <summary>What a wish to list missions found.</summary>
public abstract record ListAnswer
{
    private ListAnswer() { }

    public sealed record Found(ImmutableArray<ListedMission> Missions) : ListAnswer;

    public sealed record Unavailable(string Why) : ListAnswer;
}
