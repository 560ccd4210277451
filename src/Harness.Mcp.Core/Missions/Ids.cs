namespace Harness.Mcp.Core.Missions;

/// <summary>One opened mission: its template's name, a dash and ten random characters of `[a-z2-7]`; also the last part of its URL.</summary>
public readonly record struct MissionId(string Value)
{
    /// <summary>Longest id: a template's name of 48 characters, a dash and ten more.</summary>
    public const int LengthMax = 59;

    /// <summary>Whether a text could be an id; whether a mission of that id exists is another question.</summary>
    public static bool IsWellFormed(string text) =>
        text.Length is > 0 and <= LengthMax && text.AsSpan().IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-") < 0;

    public override string ToString() => Value;
}

/// <summary>A registered agent, as `agents/*.yaml` names it.</summary>
public readonly record struct AgentId(string Value)
{
    /// <summary>The proxy itself, where it keeps a mission's obligations. No agent can be registered under this name.</summary>
    public static readonly AgentId Proxy = new("(proxy)");

    public override string ToString() => Value;
}

/// <summary>A rule of a mission document; unique within the mission.</summary>
public readonly record struct RuleId(string Value)
{
    public override string ToString() => Value;
}
