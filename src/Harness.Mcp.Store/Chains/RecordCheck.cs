using System.Collections.Immutable;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Store.Chains;

/// <summary>Follows the records of one mission and tells the first that does not continue the chain.</summary>
/// <param name="version">Version of the record before the first one that is checked, 0 for none.</param>
/// <param name="digest">Digest of that record, <see cref="Digest.Zero"/> for none.</param>
internal sealed class RecordCheck(MissionId mission, long version, Digest digest)
{
    public long Version { get; private set; } = version;

    private Digest _digest = digest;

    /// <summary>The link of the next record.</summary>
    /// <exception cref="FormatException">The record does not continue the chain; the message says in what way.</exception>
    public SealedLink Next(StoredRecord record)
    {
        if (record.Version != Version + 1)
            throw new FormatException($"It is missing: link {record.Version} follows link {Version}.");
        if (Digest.Of(record.Bytes.Span) != record.Digest)
            throw new FormatException("Its bytes do not have the digest that was noted when it was appended.");

        var link = LinkCodec.Open(record.Bytes);
        if (link.Link.Mission != mission)
            throw new FormatException($"It belongs to mission `{link.Link.Mission}`.");
        if (link.Link.Version != record.Version)
            throw new FormatException($"It says that it is link {link.Link.Version}.");
        if (link.Link.Previous != _digest)
            throw new FormatException($"It does not name the digest of link {Version} as its predecessor.");

        Version = record.Version;
        _digest = link.Digest;
        return link;
    }

    /// <summary>All records as links, or why the mission cannot be used.</summary>
    public ReadResult All(IEnumerable<StoredRecord> records)
    {
        var links = ImmutableArray.CreateBuilder<SealedLink>();
        try
        {
            foreach (var record in records)
                links.Add(Next(record));
            return new ReadResult.Found(links.ToImmutable());
        }
        catch (FormatException broken)
        {
            return new ReadResult.Unavailable(
                $"Link {Version + 1} of mission `{mission}` is broken. {broken.Message} Nothing of this mission is permitted; see `harness chain verify {mission}`.");
        }
    }
}
