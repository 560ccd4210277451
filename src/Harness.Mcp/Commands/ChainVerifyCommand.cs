using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Chains;
using Harness.Mcp.Store.Verification;

namespace Harness.Mcp.Commands;

/// <summary>`harness chain verify [ID]`: whether every link is genuine, as far as the chain itself can show.</summary>
internal static class ChainVerifyCommand
{
    private const string Description =
        "Recompute every digest, version, time and order of one mission's chain, or of all. A chain whose end was cut off or written anew " +
        "looks whole: compare the printed digest with one that was kept outside.";

    public static Command Create()
    {
        var id = MissionChoice.Argument();
        id.Arity = ArgumentArity.ZeroOrOne;
        id.Description += " Default: all missions.";
        var home = new HomeOption();
        var command = new Command("verify", Description) { id, home };
        command.SetAction((result, cancellationToken) =>
        {
            var terminal = Terminal.Of(result);
            var directory = result.GetRequiredValue(home);
            return result.GetValue(id) is { } chosen
                ? MissionChoice.UseAsync(terminal, directory, chosen, (store, mission) => RunAsync(terminal, store, [mission], cancellationToken), cancellationToken)
                : HomeStore.UseAsync(terminal, directory, mayCreate: false, (_, store) => RunAllAsync(terminal, store, cancellationToken));
        });
        return command;
    }

    private static async Task<int> RunAllAsync(Terminal terminal, IChainStore store, CancellationToken cancellationToken) =>
        await store.ListAsync(cancellationToken) switch
        {
            ListResult.Found found => await RunAsync(terminal, store, [.. found.Missions.Select(head => head.Mission)], cancellationToken),
            ListResult.Unavailable unavailable => terminal.Fail(ExitCodes.Unable, unavailable.Why),
            _ => throw new UnreachableException(),
        };

    private static async Task<int> RunAsync(
        Terminal terminal, IChainStore store, ImmutableArray<MissionId> missions, CancellationToken cancellationToken)
    {
        if (store is not IRecordStore records)
            return terminal.Fail(ExitCodes.Unable, "This chain store shows no records to verify.");

        var (broken, links) = (0, 0L);
        foreach (var mission in missions)
        {
            switch (await ChainVerifier.VerifyAsync(records, mission, cancellationToken))
            {
                case ChainFinding.Whole whole:
                    terminal.Line($"{mission}: {Count(whole.Links, "link")}, last digest {whole.Head}");
                    links += whole.Links;
                    break;
                case ChainFinding.Broken found:
                    terminal.Line($"{mission}: broken at link {found.Version}. {found.Why}");
                    broken++;
                    break;
                case ChainFinding.Unreadable unreadable:
                    return terminal.Fail(ExitCodes.Unable, unreadable.Why);
            }
        }

        terminal.Line(broken == 0
            ? $"whole: {Count(missions.Length, "mission")}, {Count(links, "link")}"
            : $"broken: {broken} of {Count(missions.Length, "mission")}");
        return broken == 0
            ? ExitCodes.Done
            : terminal.Fail(ExitCodes.Refused, "Keep a copy of the chain file before anything else; compare it with the last backup, link by link (`harness chain export`).");
    }

    private static string Count(long count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
