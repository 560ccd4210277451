using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Operator.Missions;

/// <summary>What became of a wish to open a mission.</summary>
public abstract record OpenAnswer
{
    private OpenAnswer() { }

    public sealed record Opened(MissionId Mission, DateTimeOffset ExpiresAt) : OpenAnswer;

    /// <summary>The inputs do not fit the template; nothing was written.</summary>
    public sealed record Refused(ImmutableArray<Problem> Problems) : OpenAnswer;

    /// <summary>The store could not say. `mission list` shows whether the mission is there.</summary>
    public sealed record Unavailable(string Why) : OpenAnswer;
}

/// <summary>What became of a command to an open mission.</summary>
public abstract record CommandAnswer
{
    private CommandAnswer() { }

    /// <summary>The command is a link; the mission's next call meets it.</summary>
    /// <param name="Version">Version of that link.</param>
    public sealed record Done(MissionStatus Status, long Version) : CommandAnswer;

    /// <summary>The mission is in no state for this; nothing was written.</summary>
    public sealed record NotPossible(MissionStatus Status, string Why) : CommandAnswer;

    public sealed record UnknownMission : CommandAnswer;

    /// <summary>The store could not say, or calls came first each time. The command may have to be given again.</summary>
    public sealed record Unavailable(string Why) : CommandAnswer;
}
