using Harness.Mcp.Core.Chains;

namespace Harness.Mcp.Operator.Missions;

/// <summary>What a report counts along the chain.</summary>
internal sealed record MissionTally(long Admitted, long Refused, MissionChange? LastChange)
{
    public MissionTally With(Link link) => link.Body switch
    {
        LinkBody.CallAdmitted => this with { Admitted = Admitted + 1 },
        LinkBody.CallRefused => this with { Refused = Refused + 1 },
        LinkBody.MissionSuspended(var by, var why) => this with { LastChange = new MissionChange(link.Time, by, why) },
        LinkBody.MissionResumed(var by, var why) => this with { LastChange = new MissionChange(link.Time, by, why) },
        LinkBody.MissionCompleted(var by, var why) => this with { LastChange = new MissionChange(link.Time, by, why) },
        LinkBody.MissionRevoked(var by, var why) => this with { LastChange = new MissionChange(link.Time, by, why) },
        _ => this,
    };
}

/// <summary>Who last suspended, resumed, completed or revoked a mission, when and why.</summary>
public sealed record MissionChange(DateTimeOffset Time, string By, string Why);
