using System.CommandLine;

namespace Harness.Mcp.Commands;

/// <summary>`harness servers`: the backends behind the proxy.</summary>
internal static class ServersCommand
{
    public static Command Create() => new("servers", "Show the backends, approve their tools, and take over a client's list of servers.")
    {
        ServersListCommand.Create(),
        ServersApproveCommand.Create(),
        ServersCatalogCommand.Create(),
        ServersImportCommand.Create(),
    };
}
