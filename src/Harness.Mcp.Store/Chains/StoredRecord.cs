using System.Collections.Immutable;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Store.Chains;

/// <summary>Records as they lie in the store, read without believing them: for verification and export.</summary>
public interface IRecordStore
{
    /// <summary>Reads at most <paramref name="recordsMax"/> records after <paramref name="afterVersion"/>, in order of version.</summary>
    ValueTask<RecordsResult> ReadRecordsAsync(MissionId mission, long afterVersion, int recordsMax, CancellationToken cancellationToken);
}

/// <summary>One record. Nothing about it has been checked.</summary>
/// <param name="Version">The version that the store files it under.</param>
/// <param name="Digest">The digest that the store noted when it was appended.</param>
public sealed record StoredRecord(long Version, Digest Digest, ReadOnlyMemory<byte> Bytes);

/// <summary>What a read of records found.</summary>
public abstract record RecordsResult
{
    private RecordsResult() { }

    public sealed record Found(ImmutableArray<StoredRecord> Records) : RecordsResult;

    public sealed record Unavailable(string Why) : RecordsResult;
}
