using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Missions;

/// <summary>The status that a mission's links give it, and what becomes of that with time.</summary>
internal sealed class RecordedStatus(DateTimeOffset expires)
{
    /// <summary>By the links alone: a mission that has expired does not look so here.</summary>
    public MissionStatus Value { get; private set; } = MissionStatus.Active;

    public bool IsActiveAt(DateTimeOffset time) => At(time) == MissionStatus.Active;

    /// <summary>
    /// The status at a time. A mission that was completed or revoked stays so; otherwise expiry is told by the time alone, whatever the chain says.
    /// </summary>
    public MissionStatus At(DateTimeOffset time) => Value is MissionStatus.Completed or MissionStatus.Revoked
        ? Value
        : time >= expires ? MissionStatus.Expired : Value;

    /// <returns>Why that cannot be, as the end of a sentence that begins with the link; then nothing changed. Null where it can.</returns>
    public string? Move(MissionStatus to, params ReadOnlySpan<MissionStatus> from)
    {
        if (!from.Contains(Value))
            return $"has no place while the mission is {MissionStatusNames.Write(Value)}";
        Value = to;
        return null;
    }

    public void Transfer(StateTransfer state)
    {
        var value = (int)Value;
        state.Number(ref value);
        Value = Enum.IsDefined((MissionStatus)value) ? (MissionStatus)value : throw StateTransfer.Malformed("the mission's status is unknown");
    }
}
