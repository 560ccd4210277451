using System.Diagnostics;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Operator.Missions;

namespace Harness.Mcp.Commands;

/// <summary>What a person is told of a command that became no link.</summary>
internal static class CommandFailure
{
    /// <returns>The exit code.</returns>
    public static int Tell(Terminal terminal, MissionId mission, CommandAnswer answer) => answer switch
    {
        CommandAnswer.NotPossible notPossible => terminal.Fail(ExitCodes.Refused, notPossible.Why),
        CommandAnswer.Unavailable unavailable => terminal.Fail(ExitCodes.Unable, unavailable.Why),
        CommandAnswer.UnknownMission => terminal.Fail(ExitCodes.Unable, $"There is no mission `{mission}`."),
        _ => throw new UnreachableException(),
    };
}
