using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Store;

namespace Harness.Mcp.Operator.Missions;

/// <summary>How one mission stands, for people.</summary>
/// <param name="Inputs">A JSON object.</param>
/// <param name="Pending">Calls admitted and not settled, in order.</param>
/// <param name="Obligations">What `then` rules still demand, in order.</param>
/// <param name="Changed">The last command after the opening; null where there was none.</param>
public sealed record MissionReport(
    MissionId Mission,
    string Template,
    string Objective,
    string Owner,
    ImmutableArray<AgentId> Agents,
    MissionStatus Status,
    DateTimeOffset Opened,
    string OpenedBy,
    DateTimeOffset Expires,
    JsonElement Inputs,
    long Links,
    DateTimeOffset LastLink,
    long Admitted,
    long Refused,
    ImmutableArray<ChainCall> Pending,
    ImmutableArray<OpenObligation> Obligations,
    MissionChange? Changed)
{
    /// <summary>Reads one mission.</summary>
    public static async ValueTask<ReportAnswer> ReadAsync(IChainStore store, MissionId mission, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        return await MissionFold.ReadAsync(store, mission, null, cancellationToken) switch
        {
            MissionFold.Found found => new ReportAnswer.Found(Of(found, store.Now)),
            MissionFold.Unavailable unavailable => new ReportAnswer.Unavailable(unavailable.Why),
            MissionFold.Unknown => new ReportAnswer.UnknownMission(),
            _ => throw new UnreachableException(),
        };
    }

    private static MissionReport Of(MissionFold.Found found, DateTimeOffset now)
    {
        var state = found.State;
        return new MissionReport(
            state.Id,
            state.Template.Name,
            state.Template.Objective,
            state.Template.Owner,
            state.Template.Agents,
            state.StatusAt(now > state.Time ? now : state.Time),
            state.Facts.Opened,
            found.First.Link.Body is LinkBody.MissionOpened opened ? opened.By : "",
            state.Facts.Expires,
            state.Facts.Inputs,
            state.Version,
            state.Time,
            found.Links.Admitted,
            found.Links.Refused,
            [.. state.Pending],
            state.Obligations,
            found.Links.LastChange);
    }
}

/// <summary>What a wish to read a mission found.</summary>
public abstract record ReportAnswer
{
    private ReportAnswer() { }

    public sealed record Found(MissionReport Report) : ReportAnswer;

    public sealed record UnknownMission : ReportAnswer;

    public sealed record Unavailable(string Why) : ReportAnswer;
}
