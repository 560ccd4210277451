using System.Globalization;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;

namespace Harness.Mcp.Commands;

/// <summary>How the command line writes a mission's facts.</summary>
internal static class MissionWords
{
    public static string Of(MissionStatus status) => status switch
    {
        MissionStatus.Active => "active",
        MissionStatus.Suspended => "suspended",
        MissionStatus.Completed => "completed",
        MissionStatus.Revoked => "revoked",
        MissionStatus.Expired => "expired",
        _ => "unknown",
    };

    /// <summary>What must follow which call, until when, and what happens else.</summary>
    public static string Of(OpenObligation open)
    {
        var tools = string.Join(" or ", open.Then.Tools.Select(tool => tool.Value));
        var otherwise = open.Status switch
        {
            ObligationStatus.Running => "the proxy calls it now",
            ObligationStatus.Failed => "the proxy's call did not end well, which will be reported",
            _ => $"by {Of(open.DueAt)}, else {(open.Compensation is null ? "it is reported" : "the proxy calls it")}",
        };
        return $"{tools} {open.Arguments.GetRawText()} after {open.Tool} (link {open.Id.Call}, rule {open.Id.Rule}); {otherwise}";
    }

    /// <summary>UTC, to the millisecond.</summary>
    public static string Of(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
