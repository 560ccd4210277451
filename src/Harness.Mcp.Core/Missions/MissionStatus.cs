namespace Harness.Mcp.Core.Missions;

/// <summary>Only <see cref="Active"/> permits anything. Completed, revoked and expired missions never open again.</summary>
public enum MissionStatus
{
    Active,
    Suspended,
    Completed,
    Revoked,
    Expired,
}

/// <summary>The written names of statuses, for sentences.</summary>
internal static class MissionStatusNames
{
    public static string Write(MissionStatus status) => status switch
    {
        MissionStatus.Active => "active",
        MissionStatus.Suspended => "suspended",
        MissionStatus.Completed => "completed",
        MissionStatus.Revoked => "revoked",
        _ => "expired",
    };
}
