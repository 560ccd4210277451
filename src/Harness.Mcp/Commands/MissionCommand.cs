using System.CommandLine;

namespace Harness.Mcp.Commands;

/// <summary>`harness mission`: checks, opens, shows, stops and ends missions.</summary>
internal static class MissionCommand
{
    public static Command Create() => new("mission", "Check, open, list, show, stop and end missions.")
    {
        MissionCheckCommand.Create(),
        MissionOpenCommand.Create(),
        MissionListCommand.Create(),
        MissionShowCommand.Create(),
        MissionChangeCommand.CreateSuspend(),
        MissionChangeCommand.CreateResume(),
        MissionChangeCommand.CreateComplete(),
        MissionChangeCommand.CreateRevoke(),
    };
}
