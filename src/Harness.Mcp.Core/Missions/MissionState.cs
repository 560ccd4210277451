using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Core.Missions;

/// <summary>
/// What a mission's chain so far amounts to: the fold of its links. It holds just what the rules ask, never the links
/// themselves. One owner applies links in order; it is not thread-safe, and a caller that lost an append discards it.
/// </summary>
public sealed class MissionState
{
    /// <summary>Compiles the mission from its first link.</summary>
    /// <returns>The state at version 1, or why this record cannot be understood (then no call of the mission is permitted).</returns>
    public static Parsed<MissionState> Open(Link first) => throw new NotImplementedException();

    public MissionId Id => throw new NotImplementedException();

    public MissionTemplate Template => throw new NotImplementedException();

    public MissionFacts Facts => throw new NotImplementedException();

    public Digest Rules => throw new NotImplementedException();

    /// <summary>Version of the last link applied.</summary>
    public long Version => throw new NotImplementedException();

    /// <summary>Time of the last link applied.</summary>
    public DateTimeOffset Time => throw new NotImplementedException();

    /// <summary>Calls admitted and not settled, in order of admission.</summary>
    public IReadOnlyList<ChainCall> Pending => throw new NotImplementedException();

    /// <summary>The status at a time: expiry is tested by the clock before anything recorded.</summary>
    public MissionStatus StatusAt(DateTimeOffset time) => throw new NotImplementedException();

    /// <summary>Takes in the next link.</summary>
    /// <exception cref="InvalidOperationException">The link is not the next one of this mission: a bug or a corrupt chain.</exception>
    public void Apply(Link link) => throw new NotImplementedException();
}

/// <summary>Only <see cref="Active"/> permits anything. Completed, revoked and expired missions never open again.</summary>
public enum MissionStatus
{
    Active,
    Suspended,
    Completed,
    Revoked,
    Expired,
}
