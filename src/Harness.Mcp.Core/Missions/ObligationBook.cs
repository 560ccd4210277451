using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Core.Missions;

/// <summary>What the `then` rules of a mission are still owed. What rules in shadow would demand is demanded of nobody.</summary>
internal sealed class ObligationBook(RulesInForce rules)
{
    public bool IsEmpty
    {
        get
        {
            // Asked after each link, and most missions oblige to nothing.
            foreach (var rule in rules.All)
                if (rule.Rule.IsEnforced && rule.Monitor is ObligationMonitor monitor && monitor.Open.Any())
                    return false;
            return true;
        }
    }

    /// <summary>What is owed, in the order of the calls that opened it.</summary>
    public ImmutableArray<OpenObligation> All => [.. Monitors.SelectMany(monitor => monitor.Open).OrderBy(open => open.Id.Call)];

    private IEnumerable<ObligationMonitor> Monitors =>
        rules.All.Where(rule => rule.Rule.IsEnforced).Select(rule => rule.Monitor).OfType<ObligationMonitor>();

    /// <summary>What of it is to be done or reported at a time: what is late, and everything once the mission has stopped.</summary>
    public ImmutableArray<OpenObligation> Due(DateTimeOffset time, bool isStopped, IReadOnlyList<ChainCall> pending) =>
        [.. Monitors.SelectMany(monitor => monitor.Due(time, isStopped, pending)).OrderBy(open => open.Id.Call)];

    /// <summary>Takes in that an obligation was reported as missed.</summary>
    /// <param name="due">What is due at that time.</param>
    /// <returns>Why that cannot be, as the end of a sentence that begins with the link; null where it can.</returns>
    public string? Report(ObligationId missed, ImmutableArray<OpenObligation> due)
    {
        if (due.FirstOrDefault(open => open.Id == missed) is not { } late)
            return NotDue(missed);
        MonitorOf(late).Report(missed.Call);
        return null;
    }

    /// <summary>Takes in the proxy's own call: it must be the one that was demanded, and its time must have come.</summary>
    /// <returns>As of <see cref="Report"/>.</returns>
    public string? Keep(ObligationId kept, LinkBody.CallAdmitted call, ImmutableArray<OpenObligation> due)
    {
        if (due.FirstOrDefault(open => open.Id == kept) is not { } demanded)
            return NotDue(kept);
        if (call.Agent != AgentId.Proxy || call.Tool.Id != demanded.Compensation || Digest.Of(call.Arguments) != Digest.Of(demanded.Arguments))
            return $"keeps the obligation {kept} by another call than it demands";
        MonitorOf(demanded).Run(kept.Call);
        return null;
    }

    // Two versions of a rule that was changed while the mission was open oblige by one name, so the name does not tell whose it is.
    private ObligationMonitor MonitorOf(OpenObligation due) => Monitors.First(monitor => monitor.Open.Any(open => ReferenceEquals(open, due)));

    private static string NotDue(ObligationId obligation) => $"is about the obligation {obligation}, which is not due then";
}
