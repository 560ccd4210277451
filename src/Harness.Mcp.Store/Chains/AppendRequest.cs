using System.Collections.Immutable;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Store.Chains;

/// <summary>What an append asks for, once it is known to hang together. Whether it fits the chain only the engine can say.</summary>
internal readonly record struct AppendRequest
{
    private AppendRequest(MissionId mission, long expectedVersion, ImmutableArray<SealedLink> links)
    {
        Mission = mission;
        ExpectedVersion = expectedVersion;
        Links = links;
    }

    public MissionId Mission { get; }

    public long ExpectedVersion { get; }

    public ImmutableArray<SealedLink> Links { get; }

    /// <summary>The digest that the chain's last link must have.</summary>
    public Digest Previous => Links[0].Link.Previous;

    public string WrongPredecessor =>
        $"Link {ExpectedVersion + 1} of mission `{Mission}` does not name the digest of link {ExpectedVersion} as its predecessor. Nothing was written.";

    /// <exception cref="ArgumentException">The caller's mistake: the links do not follow one another.</exception>
    public static AppendRequest Of(MissionId mission, long expectedVersion, ImmutableArray<SealedLink> links)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        if (links.IsDefaultOrEmpty)
            throw new ArgumentException("An append has at least one link.", nameof(links));

        var version = expectedVersion;
        var previous = expectedVersion == 0 ? Digest.Zero : links[0].Link.Previous;
        foreach (var link in links)
        {
            if (link.Link.Mission != mission)
                throw new ArgumentException($"Link {link.Link.Version} belongs to mission `{link.Link.Mission}`, not to `{mission}`.", nameof(links));
            if (link.Link.Version != ++version)
                throw new ArgumentException($"Link {link.Link.Version} stands where version {version} of `{mission}` belongs.", nameof(links));
            if (link.Link.Previous != previous)
                throw new ArgumentException($"Link {version} of `{mission}` does not name its predecessor's digest.", nameof(links));
            previous = link.Digest;
        }

        return new AppendRequest(mission, expectedVersion, links);
    }
}
