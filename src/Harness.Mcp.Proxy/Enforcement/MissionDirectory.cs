using System.Collections.Concurrent;
using System.Collections.Immutable;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Telemetry;
using Harness.Mcp.Store;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>Which mission a request is for: the one its URL names, or the only open one of its agent.</summary>
internal sealed class MissionDirectory(MissionGates gates, IChainStore store, ILogger<MissionDirectory> logger)
{
    private const string NoSuchMission = "There is no such mission for this agent. Check the id in the URL, or ask the mission's owner to open one: `harness mission open`.";

    private const int MissionsNamedMax = 5;

    private const int MissionsKnownMax = 10_000;

    // Missions that ended never open again, so they need not be asked again.
    private readonly ConcurrentDictionary<MissionId, bool> _ended = new();
    private readonly ConcurrentDictionary<MissionId, Standing.Known> _known = new();

    public async ValueTask<MissionSelection> SelectAsync(RegisteredAgent agent, string? missionInUrl, CancellationToken cancellationToken) =>
        missionInUrl is null
            ? await SelectOnlyOpenAsync(agent, cancellationToken)
            : await SelectNamedAsync(agent, new MissionId(missionInUrl), cancellationToken);

    /// <summary>
    /// Visits every mission that has not ended, so that calls which an earlier run left unfinished are settled as unknown now and not at the next call.
    /// </summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        foreach (var mission in await OpenAsync(cancellationToken) ?? [])
            await LookAsync(mission, cancellationToken);
    }

    private async ValueTask<MissionSelection> SelectNamedAsync(RegisteredAgent agent, MissionId mission, CancellationToken cancellationToken)
    {
        // A name that cannot be an id is not looked up, so that nobody fills the store's tables with questions.
        if (!MissionId.IsWellFormed(mission.Value))
            return new MissionSelection.Refused(ReasonCode.AgentNotOfMission, NoSuchMission);

        // Who may work under a mission never changes, so it need not be read again; what state the mission is in, each call finds out.
        if (_known.TryGetValue(mission, out var seen))
            return seen.IsFor(agent) ? seen.Selected : new MissionSelection.Refused(ReasonCode.AgentNotOfMission, NoSuchMission);

        return await LookAsync(mission, cancellationToken) switch
        {
            Standing.Known known when known.IsFor(agent) => known.Selected,
            Standing.Unknown unknown when unknown.Why is not null => Unavailable(mission, unknown.Why),
            _ => new MissionSelection.Refused(ReasonCode.AgentNotOfMission, NoSuchMission),
        };
    }

    private async ValueTask<MissionSelection> SelectOnlyOpenAsync(RegisteredAgent agent, CancellationToken cancellationToken)
    {
        if (await OpenAsync(cancellationToken) is not { } missions)
            return new MissionSelection.Refused(ReasonCode.StateUnavailable, "The record of missions cannot be read now. Try again later, or tell the proxy's operator.");

        var found = ImmutableArray.CreateBuilder<MissionSelection.Selected>();
        foreach (var mission in missions)
            if (await LookAsync(mission, cancellationToken) is Standing.Known { IsOpen: true } known && known.IsFor(agent))
                found.Add(known.Selected);

        return found.Count switch
        {
            1 => found[0],
            0 => new MissionSelection.Refused(
                ReasonCode.MissionEnded, $"Agent `{agent.Id}` has no open mission. Ask for one: `harness mission open TEMPLATE`."),
            _ => new MissionSelection.Refused(
                ReasonCode.AgentNotOfMission,
                $"Agent `{agent.Id}` has {found.Count} open missions; name one in the URL, as `/m/MISSION/mcp`: {string.Join(", ", found.Take(MissionsNamedMax).Select(one => one.Mission))}."),
        };
    }

    /// <summary>Missions not known to have ended; null where the store cannot say.</summary>
    private async ValueTask<IEnumerable<MissionId>?> OpenAsync(CancellationToken cancellationToken)
    {
        if (await store.ListAsync(cancellationToken) is ListResult.Found { Missions: var heads })
            return heads.Select(head => head.Mission).Where(mission => !_ended.ContainsKey(mission));
        return null;
    }

    private async ValueTask<Standing> LookAsync(MissionId mission, CancellationToken cancellationToken)
    {
        Standing.Known? known = null;
        var answer = await gates.Of(mission).LookAsync(
            (state, time) =>
            {
                var status = state.StatusAt(time);
                known = new Standing.Known(
                    new MissionSelection.Selected(mission) { OldestProtocol = state.Template.OldestProtocol },
                    state.Template.Name, state.Template.Agents, status is MissionStatus.Active or MissionStatus.Suspended);
            },
            cancellationToken);

        switch (answer)
        {
            case GateAnswer.Recorded when known is not null:
                if (!known.IsOpen)
                    _ended[mission] = true;
                if (_known.Count >= MissionsKnownMax)
                    _known.Clear();
                _known[mission] = known;
                return known;
            case GateAnswer.NoMission:
                return new Standing.Unknown(null);
            case GateAnswer.Unavailable(var why):
                return new Standing.Unknown(why);
            case GateAnswer.Failed(var bug):
                return new Standing.Unknown(bug.Message);
            default:
                return new Standing.Unknown("its state could not be read");
        }
    }

    private MissionSelection.Refused Unavailable(MissionId mission, string why)
    {
        Log.MissionUnusable(logger, mission.Value, why);
        return new MissionSelection.Refused(
            ReasonCode.StateUnavailable, "The record of this mission cannot be read now. Try again later, or tell the proxy's operator.");
    }

    private abstract record Standing
    {
        public sealed record Known(MissionSelection.Selected Selected, string Template, ImmutableArray<AgentId> Agents, bool IsOpen) : Standing
        {
            public bool IsFor(RegisteredAgent agent) => Agents.Contains(agent.Id) && agent.Missions.Contains(Template, StringComparer.Ordinal);
        }

        /// <param name="Why">Null where there is no such mission.</param>
        public sealed record Unknown(string? Why) : Standing;
    }
}
