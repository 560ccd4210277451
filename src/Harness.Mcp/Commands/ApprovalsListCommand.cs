using System.CommandLine;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Operator.Approvals;
using Harness.Mcp.Store;
using Spectre.Console;

namespace Harness.Mcp.Commands;

/// <summary>`harness approvals list`: what waits, in all missions.</summary>
internal static class ApprovalsListCommand
{
    public static Command Create()
    {
        var home = new HomeOption();
        var command = new Command("list", "List the requests for approval that have neither expired nor been used.") { home };
        command.SetAction((result, cancellationToken) =>
        {
            var terminal = Terminal.Of(result);
            return HomeStore.UseAsync(terminal, result.GetRequiredValue(home), mayCreate: false, (_, store) => RunAsync(terminal, store, cancellationToken));
        });
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, IChainStore store, CancellationToken cancellationToken)
    {
        var (open, problems) = await new ApprovalDesk(store).ListAsync(cancellationToken);
        if (open.IsEmpty)
            terminal.Line("Nothing waits for approval.");
        else
            Print(terminal, open);

        var exitCode = ExitCodes.Done;
        foreach (var problem in problems)
            exitCode = terminal.Fail(ExitCodes.Unable, problem);
        return exitCode;
    }

    private static void Print(Terminal terminal, IEnumerable<ApprovalReport> open)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var heading in new[] { "request", "tool", "agent", "state", "asks", "expires" })
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Dim))) { NoWrap = true });
        foreach (var report in open)
        {
            string[] cells =
            [
                report.Id.ToString(),
                report.Open.Asked.Tool.Id.ToString(),
                report.Open.Asked.Agent.Value,
                ApprovalWords.Of(report.Open.Status),
                ApprovalWords.Asked(report.Open),
                MissionWords.Of(report.Open.Asked.ExpiresAt),
            ];
            table.AddRow([.. cells.Select(cell => new Text(Terminal.Visible(cell)))]);
        }

        terminal.Rich.Write(table);
    }
}

/// <summary>How the command line writes a request for approval.</summary>
internal static class ApprovalWords
{
    public static string Of(ApprovalStatus status) => status switch
    {
        ApprovalStatus.Waiting => "waiting",
        ApprovalStatus.Granted => "granted",
        ApprovalStatus.Refused => "refused",
        _ => "unknown",
    };

    /// <summary>Who is still asked; "nobody" for a request that is answered.</summary>
    public static string Asked(OpenApproval open)
    {
        if (open.Status != ApprovalStatus.Waiting)
            return "nobody";
        var left = open.Asked.Asks.Where((_, index) => open.GrantedBy[index] is null).Select(ask => string.Join(" or ", ask.By));
        return string.Join(", and ", left);
    }
}
