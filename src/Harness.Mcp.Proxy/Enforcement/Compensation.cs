using System.Diagnostics;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Telemetry;
using Harness.Mcp.Proxy.Wire;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>
/// Keeps one mission's obligations: makes the calls that are the proxy's to make, and records what is missing. The mission's author ordered
/// these calls, so grants, rules and the mission's status are not asked; the tool's approval and its schema are, as for any call.
/// </summary>
internal sealed class Compensation(MissionGates gates, EnforcementPoint point, IToolCatalog catalog, ILogger<Compensation> logger)
{
    private static readonly RegisteredAgent Proxy = new()
    {
        Id = AgentId.Proxy, Owner = "", Missions = [], ReviewBy = DateOnly.MaxValue, IsActive = true,
    };

    /// <summary>Does what is due, until nothing more is or the store cannot say. Never throws.</summary>
    public async Task KeepAsync(MissionId mission)
    {
        try
        {
            // Each round ends obligations or leaves: one is called for at most once, and reported at most once.
            while (await DueAsync(mission) is { Count: > 0 } due)
                foreach (var obligation in due)
                    if (!await KeepAsync(mission, obligation))
                        return;
        }
        catch (Exception bug)
        {
            Log.ObligationsFailed(logger, mission.Value, bug);
        }
    }

    private async Task<List<OpenObligation>> DueAsync(MissionId mission)
    {
        List<OpenObligation> due = [];
        await gates.Of(mission).LookAsync((state, time) => due = [.. state.ObligationsDue(time)], CancellationToken.None);
        return due;
    }

    /// <returns>False where the chain cannot be written now: the next round tries again.</returns>
    private async Task<bool> KeepAsync(MissionId mission, OpenObligation due)
    {
        // The proxy acts on nobody's request, so its trace is its own.
        Activity.Current = null;
        using var activity = HarnessTelemetry.Source.StartActivity("obligation", ActivityKind.Internal);
        activity?.SetTag(HarnessTelemetry.Tags.Mission, mission.Value);
        activity?.SetTag(HarnessTelemetry.Tags.Rule, due.Id.Rule.Value);
        activity?.SetTag(HarnessTelemetry.Tags.Because, new[] { due.Id.Call });

        var tool = due.Compensation is { } named ? catalog.Current.Find(named) : null;
        var proposed = new ProposedCall(
            new AgentCall(Proxy, mission, tool?.ExposedName ?? due.Compensation?.Name ?? "", due.Arguments, null), tool, due.Arguments);
        var answer = await gates.Of(mission).RecordAsync((state, time) => Judge(proposed, due, state, time), CancellationToken.None);
        if (answer is not GateAnswer.Recorded recorded)
        {
            if (answer is GateAnswer.Failed(var bug))
                Log.ObligationsFailed(logger, mission.Value, bug);
            activity?.SetStatus(ActivityStatusCode.Error, "state_unavailable");
            return false;
        }

        switch (recorded.Link?.Link.Body)
        {
            case LinkBody.CallAdmitted admitted:
                activity?.SetTag(HarnessTelemetry.Tags.Tool, tool!.ExposedName);
                Log.ObligationRun(logger, mission.Value, due.Id.Rule.Value, due.Id.Call, proposed.Id.Value);
                await point.CarryOutAsync(proposed, admitted, default, NoNotices.Sink, CancellationToken.None);
                activity?.SetTag(HarnessTelemetry.Tags.Outcome, "run");
                return true;
            case LinkBody.ObligationMissed missed:
                activity?.SetTag(HarnessTelemetry.Tags.Outcome, "missed");
                activity?.SetStatus(ActivityStatusCode.Error, "obligation_missed");
                Log.ObligationMissed(logger, mission.Value, due.Id.Rule.Value, due.Id.Call, missed.Why);
                return true;
            default:
                return true; // Somebody else has seen to it.
        }
    }

    private static LinkBody? Judge(ProposedCall proposed, OpenObligation due, MissionState state, DateTimeOffset time)
    {
        if (state.ObligationsDue(time).FirstOrDefault(one => one.Id == due.Id) is not { } still)
            return null;

        LinkBody.ObligationMissed Missed(string why) => new(still.Id, why);
        if (still.Status == ObligationStatus.Failed)
            return Missed("The proxy's own call did not end well.");
        if (still.Compensation is null)
            return Missed(
                !still.IsCertain && still.Then.Compensation is not null ? "Nobody knows whether the first call took effect, so the proxy does not undo it."
                : state.StatusAt(time) == MissionStatus.Active ? "The call that must follow did not come in time."
                : "The mission stopped before the call that must follow.");
        if (proposed.Tool is not { } tool)
            return Missed("The tool to call is not in the catalog.");
        if (tool.Standing != ToolStanding.Approved)
            return Missed("The definition of the tool to call is not the one that was approved.");
        if (proposed.Violation is not null)
            return Missed("The arguments of the call do not fit the tool's input schema.");
        return new LinkBody.CallAdmitted(
            proposed.Id, AgentId.Proxy, proposed.Facts, proposed.Arguments, proposed.ArgumentsDigest, state.Rules, proposed.Trace)
        {
            Obligation = still.Id,
        };
    }
}
