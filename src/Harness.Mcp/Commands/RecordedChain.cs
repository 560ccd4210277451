using System.Collections.Immutable;
using System.Text;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;
using Link = Harness.Mcp.Core.Chains.Link;

namespace Harness.Mcp.Commands;

/// <summary>A recorded chain, from a file of JSON lines or from the store of a home.</summary>
internal static class RecordedChain
{
    private const int LinksPerRead = 500;

    /// <param name="name">A file, or a mission of the home.</param>
    /// <returns>The links, from the first; or, where they are default, what to tell the user.</returns>
    public static async Task<(ImmutableArray<Link> Links, string Problem)> ReadAsync(string directory, string name, CancellationToken cancellationToken) =>
        File.Exists(name) ? await ReadFileAsync(name, cancellationToken) : await ReadStoreAsync(directory, name, cancellationToken);

    private static async Task<(ImmutableArray<Link> Links, string Problem)> ReadFileAsync(string file, CancellationToken cancellationToken)
    {
        var links = ImmutableArray.CreateBuilder<Link>();
        try
        {
            await foreach (var line in File.ReadLinesAsync(file, cancellationToken))
            {
                if (string.IsNullOrWhiteSpace(line))
                    continue;
                var link = LinkCodec.Open(Encoding.UTF8.GetBytes(line)).Link;
                if (links.Count > 0 && link.Mission != links[0].Mission)
                    return (default, $"`{file}` holds links of two missions, `{links[0].Mission}` and `{link.Mission}`. Write each chain into a file of its own.");
                if (link.Version != links.Count + 1)
                    return (default, $"Line {links.Count + 1} of `{file}` is link {link.Version}, so a link is missing or out of order. Export the chain again.");
                links.Add(link);
            }
        }
        catch (FormatException unreadable)
        {
            return (default, $"Line {links.Count + 1} of `{file}` is no link: {unreadable.Message}");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return (default, $"`{file}` cannot be read: {unreadable.Message}");
        }

        return links.Count == 0 ? (default, $"`{file}` is empty.") : (links.ToImmutable(), "");
    }

    private static async Task<(ImmutableArray<Link> Links, string Problem)> ReadStoreAsync(string directory, string name, CancellationToken cancellationToken)
    {
        if (name.Contains('.', StringComparison.Ordinal) || name.Contains('/', StringComparison.Ordinal))
            return (default, $"There is no file `{name}`.");
        var home = Home.At(directory);
        if (!home.IsValid)
            return (default, string.Join(Environment.NewLine, home.Problems));
        var store = HomeStore.Open(home.Value, mayCreate: false);
        if (!store.IsValid)
            return (default, string.Join(Environment.NewLine, store.Problems));

        await using var chains = store.Value;
        var (mission, problem) = await MissionChoice.FindAsync(chains, name, cancellationToken);
        return mission is { } chosen ? await ReadAsync(chains, chosen, cancellationToken) : (default, problem);
    }

    private static async Task<(ImmutableArray<Link> Links, string Problem)> ReadAsync(IChainStore store, MissionId mission, CancellationToken cancellationToken)
    {
        var links = ImmutableArray.CreateBuilder<Link>();
        while (true)
        {
            switch (await store.ReadAsync(mission, links.Count, LinksPerRead, cancellationToken))
            {
                case ReadResult.Found { Links.IsEmpty: true }:
                    return (links.ToImmutable(), "");
                case ReadResult.Found found:
                    links.AddRange(found.Links.Select(link => link.Link));
                    break;
                case ReadResult.Unavailable unavailable:
                    return (default, unavailable.Why);
            }
        }
    }
}
