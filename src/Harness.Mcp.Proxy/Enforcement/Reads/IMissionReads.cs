using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Proxy.Enforcement.Reads;

/// <summary>The lists that an agent may ask for besides the tools.</summary>
public enum ReadList
{
    Resources,
    Templates,
    Prompts,
}

/// <summary>One entry of a list as the agent is shown it.</summary>
/// <param name="Key">What it is read by: an exposed URI, URI template or name.</param>
/// <param name="Definition">As the backend gives it; the member that holds the key is replaced on the wire.</param>
public sealed record ListedRead(string Key, JsonElement Definition);

/// <summary>The answer to a list.</summary>
public abstract record ReadListing
{
    private ReadListing() { }

    /// <summary>Sorted by key (ordinal).</summary>
    public sealed record Reads(ImmutableArray<ListedRead> Listed) : ReadListing;

    public sealed record Refused(Denial Denial) : ReadListing;
}

/// <summary>What a mission may read besides calling tools, as the agent side of the wire asks for it.</summary>
public interface IMissionReads
{
    /// <summary>What the mission grants of a list: it depends on the mission alone, never on what its chain has done, and on no backend's answering now.</summary>
    ValueTask<ReadListing> ListAsync(MissionId mission, ReadList list, CancellationToken cancellationToken);

    /// <summary>What the backends that the mission works with say to models about themselves, as it was approved; null for nothing.</summary>
    ValueTask<string?> InstructionsAsync(MissionId mission, CancellationToken cancellationToken);

    /// <summary>Raised after a list changed, for whichever mission; may be raised on any thread, and must not be blocked.</summary>
    event Action<ReadList>? ListChanged;
}
