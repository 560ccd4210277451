using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Sqlite;

// Appends to several missions without end and prints each link once it is acknowledged: `mission version digest`. It expects to be killed.
if (args is not [var path, var missions])
{
    Console.Error.WriteLine("Usage: FILE MISSIONS");
    return 2;
}

await using var store = new SqliteChainStore(new ChainStoreOptions { Path = path, AppendTimeout = ChainStoreOptions.AppendTimeoutMost }, TimeProvider.System);
using var output = Console.OpenStandardOutput();
var gate = new Lock();
await Task.WhenAll(Enumerable.Range(0, int.Parse(missions, CultureInfo.InvariantCulture))
    .Select(number => Task.Run(() => AppendAsync(new MissionId($"crash-{number}")))));
return 0;

async Task AppendAsync(MissionId mission)
{
    var version = 0L;
    var previous = Digest.Zero;
    while (await store.ReadAsync(mission, version, 1000, default) is ReadResult.Found { Links: { IsEmpty: false } links })
        (version, previous) = (links[^1].Link.Version, links[^1].Digest);

    while (true)
    {
        // Two links at once, now and then: they must be found together or not at all.
        var first = Seal(mission, version + 1, previous);
        SealedLink[] links = version % 5 == 1 ? [first, Seal(mission, version + 2, first.Digest)] : [first];
        if (await store.AppendAsync(mission, version, [.. links], default) is not AppendResult.Appended)
            throw new InvalidOperationException("The only writer of a mission was refused.");

        (version, previous) = (links[^1].Link.Version, links[^1].Digest);
        var line = System.Text.Encoding.UTF8.GetBytes($"{mission} {version.ToString(CultureInfo.InvariantCulture)} {previous}\n");
        lock (gate)
        {
            output.Write(line);
            output.Flush();
        }
    }
}

SealedLink Seal(MissionId mission, long version, Digest previous) => LinkCodec.Seal(new Link(mission, version, store.Now, previous, version == 1
    ? new LinkBody.MissionOpened(JsonElement.Parse("{}"), JsonElement.Parse("{}"), Digest.Zero, DateTimeOffset.MaxValue, "crash")
    : version % 2 == 0 ? new LinkBody.MissionSuspended("crash", new string('x', (int)(version % 700))) : new LinkBody.MissionResumed("crash", "")));
