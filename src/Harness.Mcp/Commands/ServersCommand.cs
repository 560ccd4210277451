using System.CommandLine;

namespace Harness.Mcp.Commands;

/// <summary>`harness servers`: the backends behind the proxy.</summary>
internal static class ServersCommand
{
    public static Command Create() => new("servers", "Add, test and remove backends, approve their tools, sign in for them, and take over a client's list of servers.")
    {
        ServersAddCommand.Create(),
        ServersListCommand.Create(),
        ServersTestCommand.Create(),
        ServersApproveCommand.Create(),
        ServersLoginCommand.Create(),
        ServersRemoveCommand.Create(),
        ServersImportCommand.Create(),
        ServersCatalogCommand.Create(),
    };
}
