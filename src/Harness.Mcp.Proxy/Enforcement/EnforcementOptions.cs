using System.ComponentModel.DataAnnotations;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>Bounds of enforcement: the `enforcement` part of `harness.json`.</summary>
public sealed class EnforcementOptions
{
    /// <summary>Calls of one mission that may be admitted and not yet settled, from 1 to 1,000; one more is refused as `overloaded`.</summary>
    [Range(1, 1_000)]
    public int CallsInFlightMax { get; set; } = 64;

    /// <summary>
    /// Whether a call's span carries its arguments and result, as `gen_ai.tool.call.arguments` and `gen_ai.tool.call.result`. Off unless
    /// somebody decides that the trace store may hold them.
    /// </summary>
    public bool TraceValues { get; set; }
}
