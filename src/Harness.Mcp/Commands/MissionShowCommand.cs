using System.CommandLine;
using System.Diagnostics;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Operator.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Commands;

/// <summary>`harness mission show ID`: how one mission stands.</summary>
internal static class MissionShowCommand
{
    public static Command Create()
    {
        var id = MissionChoice.Argument();
        var home = new HomeOption();
        var command = new Command("show", "Show how a mission stands.") { id, home };
        command.SetAction((result, cancellationToken) =>
        {
            var terminal = Terminal.Of(result);
            return MissionChoice.UseAsync(
                terminal,
                result.GetRequiredValue(home),
                result.GetRequiredValue(id),
                (store, mission) => RunAsync(terminal, store, mission, cancellationToken),
                cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, IChainStore store, MissionId mission, CancellationToken cancellationToken)
    {
        switch (await MissionReport.ReadAsync(store, mission, cancellationToken))
        {
            case ReportAnswer.Found found:
                Print(terminal, found.Report);
                return ExitCodes.Done;
            case ReportAnswer.Unavailable unavailable:
                return terminal.Fail(ExitCodes.Unable, unavailable.Why);
            case ReportAnswer.UnknownMission:
                return terminal.Fail(ExitCodes.Unable, $"There is no mission `{mission}`.");
            default:
                throw new UnreachableException();
        }
    }

    private static void Print(Terminal terminal, MissionReport report)
    {
        terminal.Line($"mission:   {report.Mission}");
        terminal.Line($"status:    {MissionWords.Of(report.Status)}");
        if (report.Changed is { } changed)
            terminal.Line($"changed:   {MissionWords.Of(changed.Time)} by {changed.By}{(changed.Why.Length == 0 ? "" : $": {changed.Why}")}");
        terminal.Line($"objective: {report.Objective}");
        terminal.Line($"owner:     {report.Owner}");
        terminal.Line($"agents:    {string.Join(", ", report.Agents)}");
        terminal.Line($"inputs:    {report.Inputs.GetRawText()}");
        terminal.Line($"opened:    {MissionWords.Of(report.Opened)} by {report.OpenedBy}");
        terminal.Line($"expires:   {MissionWords.Of(report.Expires)}");
        terminal.Line($"links:     {report.Links}, the last {MissionWords.Of(report.LastLink)}");
        terminal.Line($"calls:     {report.Admitted} admitted, {report.Refused} refused, {report.Pending.Length} without an answer yet");
        foreach (var call in report.Pending)
            terminal.Line($"  pending  {call.Tool.Id} (link {call.Index}, {MissionWords.Of(call.Time)})");
        foreach (var open in report.Obligations)
            terminal.Line($"owes:      {MissionWords.Of(open)}");
    }
}
