using System.CommandLine;
using System.Diagnostics;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Commands;

/// <summary>Names one mission on the command line: by its id, or by a beginning that only one id has.</summary>
internal static class MissionChoice
{
    private const int NamedMax = 5;

    public static Argument<string> Argument() => new("ID") { Description = "The mission's id, or enough of its beginning." };

    /// <summary>Runs a command on one mission of a home; what stands in the way is printed.</summary>
    /// <returns>The command's exit code, or <see cref="ExitCodes.Unable"/>.</returns>
    public static Task<int> UseAsync(
        Terminal terminal, string directory, string id, Func<IChainStore, MissionId, Task<int>> run, CancellationToken cancellationToken) =>
        HomeStore.UseAsync(terminal, directory, mayCreate: false, async (_, store) =>
        {
            var (mission, problem) = await FindAsync(store, id, cancellationToken);
            return mission is { } chosen ? await run(store, chosen) : terminal.Fail(ExitCodes.Unable, problem);
        });

    /// <summary>The mission, or what to tell the user.</summary>
    public static async Task<(MissionId? Mission, string Problem)> FindAsync(IChainStore store, string text, CancellationToken cancellationToken)
    {
        switch (await store.ListAsync(cancellationToken))
        {
            case ListResult.Unavailable unavailable:
                return (null, unavailable.Why);
            case ListResult.Found found:
                MissionId[] matches = [.. found.Missions.Select(head => head.Mission).Where(mission => mission.Value.StartsWith(text, StringComparison.Ordinal))];
                if (matches.Contains(new MissionId(text)))
                    return (new MissionId(text), "");
                return matches switch
                {
                    [var only] => (only, ""),
                    [] => (null, $"There is no mission `{text}`. `harness mission list --all` shows them."),
                    _ => (null, $"{matches.Length} missions begin with `{text}`: {string.Join(", ", matches.Take(NamedMax))}{(matches.Length > NamedMax ? ", …" : "")}. Give more of the id."),
                };
            default:
                throw new UnreachableException();
        }
    }
}
