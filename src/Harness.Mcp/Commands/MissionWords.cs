using System.Globalization;
using Harness.Mcp.Core.Missions;

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

    /// <summary>UTC, to the millisecond.</summary>
    public static string Of(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
