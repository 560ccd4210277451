using System.CommandLine;

namespace Harness.Mcp.Commands;

/// <summary>`harness approvals`: the calls that wait for people.</summary>
internal static class ApprovalsCommand
{
    public static Command Create() => new("approvals", "List and show calls that wait for approval, and grant or refuse them.")
    {
        ApprovalsListCommand.Create(),
        ApprovalsShowCommand.Create(),
        ApprovalsAnswerCommand.CreateGrant(),
        ApprovalsAnswerCommand.CreateRefuse(),
    };
}
