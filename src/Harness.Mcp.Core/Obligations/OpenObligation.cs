using System.Text.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Obligations;

/// <summary>What one call left to be done, by one `then` rule.</summary>
/// <param name="Call">Version of the link that admitted the call.</param>
public readonly record struct ObligationId(RuleId Rule, long Call)
{
    public override string ToString() => $"{Rule} of link {Call}";
}

/// <summary>A `then` that has not been done yet.</summary>
/// <param name="Tool">The tool whose call opened it.</param>
/// <param name="Key">The values of `same`, as one key.</param>
/// <param name="Arguments">What the proxy itself would send, where the rule lets it; else the `same` values alone. A JSON object.</param>
/// <param name="DueAt">From here on it is too late for the agent.</param>
/// <param name="IsCertain">
/// False where nobody knows whether the opening call took effect: then the proxy does not undo it, which could do harm, but says so.
/// </param>
public sealed record OpenObligation(
    ObligationId Id, Then Then, ToolId Tool, string Key, JsonElement Arguments, DateTimeOffset OpenedAt, DateTimeOffset DueAt, bool IsCertain)
{
    public ObligationStatus Status { get; init; } = ObligationStatus.Open;

    /// <summary>The tool that the proxy itself calls when it is due; null where it is only reported.</summary>
    public ToolId? Compensation => IsCertain && Status == ObligationStatus.Open ? Then.Compensation : null;
}

/// <summary>How an obligation stands.</summary>
public enum ObligationStatus
{
    Open,

    /// <summary>The proxy's own call is on its way.</summary>
    Running,

    /// <summary>The proxy's own call did not end well, which is still to be reported.</summary>
    Failed,
}
