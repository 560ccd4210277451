using System.Collections.Immutable;
using System.Diagnostics;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Demo;

/// <summary>One mission's chain as it grows, read from the store: what the demo shows is the record, never what the agent says.</summary>
internal sealed class ChainStory(IChainStore store, MissionId mission)
{
    private const int LinksPerRead = 100;

    private readonly Dictionary<CallId, (Link Link, LinkBody.CallAdmitted Body)> _admitted = [];
    private ImmutableArray<SealedLink> _links = [];

    public ImmutableArray<SealedLink> Links => _links;

    public MissionId Mission => mission;

    /// <summary>The calls that were permitted and have ended.</summary>
    public ImmutableArray<PermittedStep> Permitted { get; private set; } = [];

    /// <summary>The calls that were denied.</summary>
    public ImmutableArray<DeniedStep> Denied { get; private set; } = [];

    /// <summary>Permitted calls without an end.</summary>
    public int Pending => _admitted.Count - Permitted.Length;

    /// <summary>Reads on, and returns what became complete, in order.</summary>
    /// <exception cref="DemoException">The store cannot be read.</exception>
    public async Task<ImmutableArray<ChainStep>> ReadOnAsync(CancellationToken cancellationToken)
    {
        var steps = ImmutableArray.CreateBuilder<ChainStep>();
        while (true)
        {
            switch (await store.ReadAsync(mission, _links.Length, LinksPerRead, cancellationToken))
            {
                case ReadResult.Found { Links.IsEmpty: true }:
                    return steps.ToImmutable();
                case ReadResult.Found found:
                    foreach (var sealedLink in found.Links)
                        if (Take(sealedLink.Link) is { } step)
                            steps.Add(step);
                    _links = _links.AddRange(found.Links);
                    break;
                case ReadResult.Unavailable unavailable:
                    throw new DemoException($"The chain cannot be read: {unavailable.Why}");
                default:
                    throw new UnreachableException();
            }
        }
    }

    /// <summary>The call that a link belongs to, in a few words; the link's own kind where it belongs to none.</summary>
    public string Describe(long version)
    {
        var body = _links[(int)version - 1].Link.Body;
        return body is LinkBody.CallAdmitted admitted ? $"{admitted.Tool.Id}" : body.GetType().Name;
    }

    private ChainStep? Take(Link link)
    {
        switch (link.Body)
        {
            case LinkBody.CallAdmitted admitted:
                _admitted.Add(admitted.Call, (link, admitted));
                return null;
            case LinkBody.CallSettled settled:
                var (at, call) = _admitted[settled.Call];
                var permitted = new PermittedStep(at.Version, link.Version, call, settled);
                Permitted = Permitted.Add(permitted);
                return permitted;
            case LinkBody.CallRefused refused:
                var denied = new DeniedStep(link.Version, refused);
                Denied = Denied.Add(denied);
                return denied;
            default:
                return new MissionStep(link.Version, link.Body);
        }
    }
}

/// <summary>Something of a chain that is worth a line.</summary>
internal abstract record ChainStep(long Version);

/// <summary>A call that was admitted by one link and settled by another.</summary>
internal sealed record PermittedStep(long Version, long SettledBy, LinkBody.CallAdmitted Call, LinkBody.CallSettled End) : ChainStep(Version);

/// <summary>A call that was refused.</summary>
internal sealed record DeniedStep(long Version, LinkBody.CallRefused Call) : ChainStep(Version);

/// <summary>The mission itself changed.</summary>
internal sealed record MissionStep(long Version, LinkBody What) : ChainStep(Version);
