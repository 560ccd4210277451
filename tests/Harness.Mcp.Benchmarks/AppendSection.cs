using System.Diagnostics;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Sqlite;
using static Harness.Mcp.Benchmarks.Figures;

namespace Harness.Mcp.Benchmarks;

/// <summary>
/// Durable appends a second: one writer, and 64 writers on 64 missions, each waiting for its answer before its next link. Rounds
/// alternate, so that a busy machine slows both, and the ratio is formed pair by pair; the machine's own sync is measured between them. All
/// figures are medians.
/// </summary>
internal static class AppendSection
{
    private const int Rounds = 15;

    private static readonly TimeSpan RoundLength = TimeSpan.FromSeconds(1);

    public static async Task RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("harness-append-");
        try
        {
            await using var store = new SqliteChainStore(new ChainStoreOptions { Path = Path.Combine(folder.FullName, "chain.db"), AppendTimeout = ChainStoreOptions.AppendTimeoutMost }, TimeProvider.System);
            var one = new List<double>();
            var many = new List<double>();
            var syncs = new List<double>();
            await AppendsPerSecondAsync(store, "warm", 64, RoundLength);
            for (var round = 0; round < Rounds; round++)
            {
                syncs.Add(DiskSync.Microseconds(folder.FullName));
                one.Add(await AppendsPerSecondAsync(store, $"one-{round}", 1, RoundLength));
                many.Add(await AppendsPerSecondAsync(store, $"many-{round}", 64, RoundLength));
            }

            Print("append_link_bytes", LinkOf(new MissionId("size-1"), 2, Digest.Zero).Bytes.Length);
            Print("fdatasync_us", Median(syncs));
            Print("append_per_s_1", Median(one));
            Print("append_per_s_64", Median(many));
            Print("append_64_over_1", Median([.. many.Zip(one, (all, alone) => all / alone)]));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<double> AppendsPerSecondAsync(SqliteChainStore store, string name, int writers, TimeSpan length)
    {
        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, writers).Select(number => Task.Run(async () =>
        {
            var mission = new MissionId($"{name}-{number}");
            var previous = Digest.Zero;
            var version = 0L;
            while (Stopwatch.GetElapsedTime(started) < length)
            {
                var link = LinkOf(mission, version + 1, previous);
                if (await store.AppendAsync(mission, version, [link], CancellationToken.None) is not AppendResult.Appended)
                    throw new InvalidOperationException($"An append was refused: {mission} {version + 1}.");
                (version, previous) = (version + 1, link.Digest);
            }

            return version;
        })));
        return counts.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static readonly ToolFacts Tool = new()
    {
        Id = new ToolId(new BackendId("directory"), "get_user"),
        Domain = "identity",
        Effect = Effect.Read,
        Targets = [FieldPath.Parse("user")!],
        Definition = Digest.Of("definition"u8),
    };

    private static readonly JsonElement Arguments = JsonElement.Parse("""{"user":"ada.lovelace@corp.example","fields":["name","manager"]}""");

    private static readonly Digest ArgumentsDigest = Digest.Of("arguments"u8);

    private static SealedLink LinkOf(MissionId mission, long version, Digest previous) => LinkCodec.Seal(new Link(
        mission, version, DateTimeOffset.UnixEpoch.AddSeconds(version), previous,
        new LinkBody.CallAdmitted(
            new CallId(Guid.CreateVersion7()), new AgentId("helpdesk"), Tool, Arguments, ArgumentsDigest, ArgumentsDigest, RequestTrace.None)));
}
