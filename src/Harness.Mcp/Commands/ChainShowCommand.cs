using System.CommandLine;
using System.Diagnostics;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Chains;
using Harness.Mcp.Store.Verification;

namespace Harness.Mcp.Commands;

/// <summary>`harness chain show ID`: every link of a mission, readable.</summary>
internal static class ChainShowCommand
{
    private const int RecordsPerRead = 500;

    public static Command Create()
    {
        var id = MissionChoice.Argument();
        var home = new HomeOption();
        var command = new Command(
            "show", "Show every link of a mission: when, which tool, permitted or denied, why, because of which links, and the outcome.")
        {
            id,
            home,
        };
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
        if (store is not IRecordStore records)
            return terminal.Fail(ExitCodes.Unable, "This chain store shows no records.");

        // Records, not links: of a broken chain, all that can still be read is shown, and then what is wrong with it.
        var table = new ChainTable();
        var after = 0L;
        while (true)
        {
            var result = await records.ReadRecordsAsync(mission, after, RecordsPerRead, cancellationToken);
            if (result is RecordsResult.Unavailable unavailable)
                return terminal.Fail(ExitCodes.Unable, unavailable.Why);
            if (result is not RecordsResult.Found { Records: { IsEmpty: false } page })
                break;

            foreach (var record in page)
                table.Add(record);
            after = page[^1].Version;
        }

        terminal.Rich.Write(table.Rendered);
        return await ChainVerifier.VerifyAsync(records, mission, cancellationToken) switch
        {
            ChainFinding.Whole => ExitCodes.Done,
            ChainFinding.Broken broken => terminal.Fail(ExitCodes.Refused, $"This chain is broken at link {broken.Version}. {broken.Why} Believe nothing from there on."),
            ChainFinding.Unreadable unreadable => terminal.Fail(ExitCodes.Unable, unreadable.Why),
            _ => throw new UnreachableException(),
        };
    }
}
