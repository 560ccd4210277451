using System.CommandLine;
using System.Diagnostics;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Operator.Approvals;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Chains;

namespace Harness.Mcp.Commands;

/// <summary>`harness approvals show REQUEST`: everything that an approver is asked about, rendered from the chain.</summary>
internal static class ApprovalsShowCommand
{
    /// <summary>Links before the request that are shown; `harness chain show` has all.</summary>
    private const int LinksMax = 40;

    public static Command Create()
    {
        var request = ApprovalChoice.Argument();
        var home = new HomeOption();
        var command = new Command("show", "Show a call that waits for approval: its tool, its arguments whole, why it is asked, and the chain so far.") { request, home };
        command.SetAction((result, cancellationToken) =>
        {
            var terminal = Terminal.Of(result);
            return ApprovalChoice.UseAsync(
                terminal,
                result.GetRequiredValue(home),
                result.GetRequiredValue(request),
                (store, id) => RunAsync(terminal, store, id, cancellationToken),
                cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, IChainStore store, ApprovalId request, CancellationToken cancellationToken)
    {
        switch (await new ApprovalDesk(store).ShowAsync(request, cancellationToken))
        {
            case ApprovalAnswer.Found found:
                Print(terminal, found.Report);
                return await PrintChainAsync(terminal, store, request, cancellationToken);
            case ApprovalAnswer.NotOpen notOpen:
                return terminal.Fail(ExitCodes.Refused, notOpen.Why);
            case ApprovalAnswer.Unavailable unavailable:
                return terminal.Fail(ExitCodes.Unable, unavailable.Why);
            default:
                throw new UnreachableException();
        }
    }

    private static void Print(Terminal terminal, ApprovalReport report)
    {
        var (open, asked) = (report.Open, report.Open.Asked);
        terminal.Line($"request:    {report.Id}, {ApprovalWords.Of(open.Status)}{(open.RefusedBy is { } by ? $" by {by}" : "")}");
        terminal.Line($"mission:    {report.Template}: {report.Objective}");
        terminal.Line($"owner:      {report.Owner}");
        terminal.Line($"agent:      {asked.Agent}");
        terminal.Line($"asked:      {MissionWords.Of(open.AskedAt)}");
        terminal.Line($"expires:    {MissionWords.Of(asked.ExpiresAt)}; by then it must be granted, and the call repeated");
        for (var index = 0; index < asked.Asks.Length; index++)
        {
            var ask = asked.Asks[index];
            terminal.Line($"why:        {ask.Rule}: {ask.Why}");
            terminal.Line($"  asks:     {string.Join(" or ", ask.By)}{(open.GrantedBy[index] is { } granted ? $"; granted by {granted}" : "")}");
        }

        if (!asked.Because.IsEmpty)
            terminal.Line($"because of: link{(asked.Because.Length == 1 ? "" : "s")} {string.Join(", ", asked.Because)}");
        terminal.Line($"tool:       {asked.Tool.Id}");
        terminal.Line($"  effect:   {EffectNames.Write(asked.Tool.Effect)} in the domain {asked.Tool.Domain}{(asked.Tool.Sinks.IsEmpty ? "" : $"; what is given to it may end at: {string.Join(", ", asked.Tool.Sinks)}")}");
        terminal.Line($"  defined:  {asked.Tool.Definition}");
        terminal.Line(report.Arguments.IsEmpty ? "arguments:  none" : "arguments:  (whole, exactly as they would be sent)");
        foreach (var (name, value) in report.Arguments)
            terminal.Line($"  {name}: {value}");
        terminal.Line("");
    }

    private static async Task<int> PrintChainAsync(Terminal terminal, IChainStore store, ApprovalId request, CancellationToken cancellationToken)
    {
        if (store is not IRecordStore records)
            return terminal.Fail(ExitCodes.Unable, "This chain store shows no records.");

        var after = Math.Max(0, request.Version - 1 - LinksMax);
        terminal.Line(after == 0 ? "The chain until then:" : $"The last {LinksMax} links until then; `harness chain show {request.Mission}` has all:");
        switch (await records.ReadRecordsAsync(request.Mission, after, LinksMax, cancellationToken))
        {
            case RecordsResult.Found found:
                var table = new ChainTable();
                foreach (var record in found.Records.Where(record => record.Version < request.Version))
                    table.Add(record);
                terminal.Rich.Write(table.Rendered);
                return ExitCodes.Done;
            case RecordsResult.Unavailable unavailable:
                return terminal.Fail(ExitCodes.Unable, unavailable.Why);
            default:
                throw new UnreachableException();
        }
    }
}
