using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Operator.Missions;
using Harness.Mcp.Store;
using Spectre.Console;

namespace Harness.Mcp.Commands;

/// <summary>`harness mission list`: the missions that can still go on, or all.</summary>
internal static class MissionListCommand
{
    public static Command Create()
    {
        var all = new Option<bool>("--all", "-a") { Description = "Also the completed, revoked and expired ones." };
        var home = new HomeOption();
        var command = new Command("list", "List missions, in order of opening.") { all, home };
        command.SetAction((result, cancellationToken) =>
        {
            var terminal = Terminal.Of(result);
            return HomeStore.UseAsync(
                terminal, result.GetRequiredValue(home), mayCreate: false, (_, store) => RunAsync(terminal, store, result.GetValue(all), cancellationToken));
        });
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, IChainStore store, bool isAll, CancellationToken cancellationToken)
    {
        switch (await MissionList.ReadAsync(store, cancellationToken))
        {
            case ListAnswer.Found found:
                return Print(terminal, [.. found.Missions.Where(mission => isAll || !HasEnded(mission.Report))], isAll);
            case ListAnswer.Unavailable unavailable:
                return terminal.Fail(ExitCodes.Unable, unavailable.Why);
            default:
                throw new UnreachableException();
        }
    }

    private static bool HasEnded(ReportAnswer report) =>
        report is ReportAnswer.Found { Report.Status: MissionStatus.Completed or MissionStatus.Revoked or MissionStatus.Expired };

    private static int Print(Terminal terminal, ListedMission[] missions, bool isAll)
    {
        if (missions.Length == 0)
        {
            terminal.Line(isAll ? "No mission was ever opened here." : "No mission is open. `--all` shows the ended ones; `harness mission open TEMPLATE` opens one.");
            return ExitCodes.Done;
        }

        var table = new Table { Border = TableBorder.None };
        foreach (var heading in new[] { "mission", "status", "agents", "opened", "expires", "links", "refused" })
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Dim))) { NoWrap = true });
        var exitCode = ExitCodes.Done;
        foreach (var (mission, answer) in missions)
        {
            if (answer is ReportAnswer.Found { Report: var report })
            {
                table.AddRow(Cells(
                    mission.Value,
                    MissionWords.Of(report.Status),
                    string.Join(", ", report.Agents),
                    MissionWords.Of(report.Opened),
                    MissionWords.Of(report.Expires),
                    report.Links.ToString(CultureInfo.InvariantCulture),
                    report.Refused.ToString(CultureInfo.InvariantCulture)));
                continue;
            }

            table.AddRow(Cells(mission.Value, "unreadable", "", "", "", "", ""));
            exitCode = terminal.Fail(ExitCodes.Unable, answer is ReportAnswer.Unavailable unavailable ? unavailable.Why : $"Mission `{mission}` has no first link. See `harness chain verify {mission}`.");
        }

        terminal.Rich.Write(table);
        return exitCode;
    }

    private static Text[] Cells(params ReadOnlySpan<string> cells)
    {
        var texts = new Text[cells.Length];
        for (var index = 0; index < cells.Length; index++)
            texts[index] = new Text(Terminal.Visible(cells[index]));
        return texts;
    }
}
