using System.ComponentModel.DataAnnotations;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>Bounds of enforcement: the `enforcement` part of `harness.json`.</summary>
public sealed class EnforcementOptions
{
    /// <summary>Calls of one mission that may be admitted and not yet settled, from 1 to 1,000; one more is refused as `overloaded`.</summary>
    [Range(1, 1_000)]
    public int CallsInFlightMax { get; set; } = 64;

    /// <summary>How long an agent may take over what a tool asks it, from 1 second to 24 hours; then the call is given up and its outcome is unknown.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AskExpiry { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Tasks of one mission that may be open at once, from 0 to 500; with 0 no backend is told that it may answer calls later.</summary>
    [Range(0, 500)]
    public int TasksOpenMax { get; set; } = 16;

    /// <summary>How long a backend may take over a call that it answers later, from 1 second to 30 days; then the task is cancelled and the call's outcome is unknown.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan TaskLifetimeMax { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Whether a call's span carries its arguments and result, as `gen_ai.tool.call.arguments` and `gen_ai.tool.call.result`. Off unless
    /// somebody decides that the trace store may hold them.
    /// </summary>
    public bool TraceValues { get; set; }
}
