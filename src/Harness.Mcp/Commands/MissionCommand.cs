using System.CommandLine;

namespace Harness.Mcp.Commands;

/// <summary>`harness mission`: opens, shows, stops and ends missions.</summary>
internal static class MissionCommand
{
    public static Command Create() => new("mission", "Open, list, show, stop and end missions.")
    {
        MissionOpenCommand.Create(),
        MissionListCommand.Create(),
        MissionShowCommand.Create(),
        MissionChangeCommand.CreateSuspend(),
        MissionChangeCommand.CreateResume(),
        MissionChangeCommand.CreateComplete(),
        MissionChangeCommand.CreateRevoke(),
    };
}
