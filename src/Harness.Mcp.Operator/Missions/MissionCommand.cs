using System.Diagnostics;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Operator.Missions;

/// <summary>Appends one command of a person to a mission's chain, judged on what the chain says at that very version.</summary>
internal static class MissionCommand
{
    /// <summary>
    /// How often a command yields to links that came first. A mission in full flight appends some thousand links a second, each
    /// of which can be first, so this is generous; the operator waits well under a second.
    /// </summary>
    private const int AttemptsMax = 100;

    /// <param name="decide">Asked again whenever another link came first.</param>
    public static async ValueTask<CommandAnswer> AppendAsync(
        IChainStore store, MissionId mission, Func<MissionState, DateTimeOffset, CommandLink> decide, CancellationToken cancellationToken)
    {
        MissionFold.Found? known = null;
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            switch (await MissionFold.ReadAsync(store, mission, known, cancellationToken))
            {
                case MissionFold.Unknown:
                    return new CommandAnswer.UnknownMission();
                case MissionFold.Unavailable unreadable:
                    return new CommandAnswer.Unavailable(unreadable.Why);
                case MissionFold.Found found:
                    var time = store.Now > found.State.Time ? store.Now : found.State.Time;
                    var command = decide(found.State, time);
                    if (command is not CommandLink.Write(var body, var next))
                        return new CommandAnswer.NotPossible(found.State.StatusAt(time), ((CommandLink.NotPossible)command).Why);

                    var link = LinkCodec.Seal(new Link(mission, found.State.Version + 1, time, found.Last.Digest, body));
                    switch (await store.AppendAsync(mission, found.State.Version, [link], cancellationToken))
                    {
                        case AppendResult.Appended:
                            return new CommandAnswer.Done(next, link.Link.Version);
                        case AppendResult.Unavailable unavailable:
                            return new CommandAnswer.Unavailable(unavailable.Why);
                        case AppendResult.VersionConflict: // A call came first: the command is judged again on what the chain says now.
                            known = found;
                            continue;
                        default:
                            throw new UnreachableException();
                    }

                default:
                    throw new UnreachableException();
            }
        }

        return new CommandAnswer.Unavailable($"Mission `{mission}` was busy: other links came first {AttemptsMax} times. Give the command again.");
    }
}

/// <summary>What a command becomes on the chain as it is.</summary>
internal abstract record CommandLink
{
    private CommandLink() { }

    /// <param name="Next">The mission's status once the link is there.</param>
    public sealed record Write(LinkBody Body, MissionStatus Next) : CommandLink;

    public sealed record NotPossible(string Why) : CommandLink;
}
