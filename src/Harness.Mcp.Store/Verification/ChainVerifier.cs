using System.Collections.Immutable;
using System.Diagnostics;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store.Chains;

namespace Harness.Mcp.Store.Verification;

/// <summary>
/// Walks chains as they are stored and finds the first link that cannot be genuine: changed bytes, a missing, inserted or moved link,
/// a time that runs backwards, or a fact out of its legal order. What a chain itself cannot show is an end that was cut off, an end
/// that was written anew with fitting digests, or a whole mission that was removed. Those show only against a digest that was kept
/// outside, with somebody who cannot write the store.
/// </summary>
public static class ChainVerifier
{
    private const int RecordsPerRead = 500;

    /// <summary>Verifies one mission's chain.</summary>
    public static async ValueTask<ChainFinding> VerifyAsync(IRecordStore records, MissionId mission, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(records);

        var check = new RecordCheck(mission, 0, Digest.Zero);
        var order = new LinkOrder();
        var head = Digest.Zero;
        while (true)
        {
            ImmutableArray<StoredRecord> page;
            switch (await records.ReadRecordsAsync(mission, check.Version, RecordsPerRead, cancellationToken))
            {
                case RecordsResult.Found found:
                    page = found.Records;
                    break;
                case RecordsResult.Unavailable unavailable:
                    return new ChainFinding.Unreadable(mission, unavailable.Why);
                default:
                    throw new UnreachableException();
            }

            if (page.IsEmpty)
                return new ChainFinding.Whole(mission, check.Version, head);

            foreach (var record in page)
            {
                var version = check.Version + 1;
                try
                {
                    var link = check.Next(record);
                    order.Take(link.Link);
                    head = link.Digest;
                }
                catch (FormatException broken)
                {
                    return new ChainFinding.Broken(mission, version, broken.Message);
                }
            }
        }
    }
}

/// <summary>What verification found of one mission.</summary>
public abstract record ChainFinding(MissionId Mission)
{
    /// <param name="Head">Digest of the last link, to be kept outside by who wants to notice a cut-off end.</param>
    public sealed record Whole(MissionId Mission, long Links, Digest Head) : ChainFinding(Mission);

    /// <param name="Version">The first link that cannot be genuine.</param>
    public sealed record Broken(MissionId Mission, long Version, string Why) : ChainFinding(Mission);

    /// <summary>The store could not be read, so nothing is known.</summary>
    public sealed record Unreadable(MissionId Mission, string Why) : ChainFinding(Mission);
}
