using System.CommandLine;

namespace Harness.Mcp.Commands;

/// <summary>`harness chain`: the record of what missions did, for people and auditors.</summary>
internal static class ChainCommand
{
    public static Command Create() => new("chain", "Show, verify and export the record of what missions did.")
    {
        ChainShowCommand.Create(),
        ChainVerifyCommand.Create(),
        ChainExportCommand.Create(),
    };
}
