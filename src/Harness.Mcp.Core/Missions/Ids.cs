namespace Harness.Mcp.Core.Missions;

/// <summary>One opened mission: its template's name, a dash and ten random characters of `[a-z2-7]`; also the last part of its URL.</summary>
public readonly record struct MissionId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>A registered agent, as `agents/*.yaml` names it.</summary>
public readonly record struct AgentId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>A rule of a mission document; unique within the mission.</summary>
public readonly record struct RuleId(string Value)
{
    public override string ToString() => Value;
}
