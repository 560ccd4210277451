using System.CommandLine;

namespace Harness.Mcp.Commands;

/// <summary>`harness rules`: what rules mean.</summary>
internal static class RulesCommand
{
    public static Command Create() => new("rules", "Explain rules.")
    {
        RulesExplainCommand.Create(),
    };
}
