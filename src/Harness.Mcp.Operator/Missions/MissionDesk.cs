using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Operator.Missions;

/// <summary>
/// Where people open, stop and end missions. Each command is a link on the mission's chain, so it holds before the mission's next
/// call wherever that is decided, without another channel.
/// </summary>
public sealed class MissionDesk(IChainStore store)
{
    /// <summary>Longest `why`, in UTF-16 code units.</summary>
    public const int WhyLengthMax = 1000;

    private const int AttemptsMax = 100;

    private const string IdAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private const int IdLength = 10;

    /// <param name="by">Who opens it: a name that the operator's own sign-in vouches for.</param>
    public async ValueTask<OpenAnswer> OpenAsync(
        MissionTemplate template, ImmutableArray<KeyValuePair<string, string>> inputs, string by, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentException.ThrowIfNullOrWhiteSpace(by);

        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var time = store.Now;
            var opening = MissionOpening.Open(template, inputs, by, time);
            if (!opening.IsValid)
                return new OpenAnswer.Refused(opening.Problems);

            var mission = new MissionId($"{template.Name}-{RandomNumberGenerator.GetString(IdAlphabet, IdLength)}");
            var link = LinkCodec.Seal(new Link(mission, 1, time, Digest.Zero, opening.Value));
            switch (await store.AppendAsync(mission, 0, [link], cancellationToken))
            {
                case AppendResult.Appended:
                    return new OpenAnswer.Opened(mission, opening.Value.ExpiresAt);
                case AppendResult.Unavailable unavailable:
                    return new OpenAnswer.Unavailable(unavailable.Why);
                case AppendResult.VersionConflict: // Somebody drew the same ten characters.
                    continue;
                default:
                    throw new UnreachableException();
            }
        }

        return new OpenAnswer.Unavailable("No unused mission id was found.");
    }

    /// <summary>Stops an active mission until it is resumed.</summary>
    public ValueTask<CommandAnswer> SuspendAsync(MissionId mission, string by, string why, CancellationToken cancellationToken) =>
        CommandAsync(mission, new LinkBody.MissionSuspended(by, why), MissionStatus.Suspended, cancellationToken, MissionStatus.Active);

    /// <summary>Lets a suspended mission go on.</summary>
    public ValueTask<CommandAnswer> ResumeAsync(MissionId mission, string by, string why, CancellationToken cancellationToken) =>
        CommandAsync(mission, new LinkBody.MissionResumed(by, why), MissionStatus.Active, cancellationToken, MissionStatus.Suspended);

    /// <summary>Ends a mission that has reached its objective, for ever.</summary>
    public ValueTask<CommandAnswer> CompleteAsync(MissionId mission, string by, string why, CancellationToken cancellationToken) =>
        CommandAsync(mission, new LinkBody.MissionCompleted(by, why), MissionStatus.Completed, cancellationToken, MissionStatus.Active, MissionStatus.Suspended);

    /// <summary>Ends a mission that must not go on, for ever.</summary>
    public ValueTask<CommandAnswer> RevokeAsync(MissionId mission, string by, string why, CancellationToken cancellationToken) =>
        CommandAsync(mission, new LinkBody.MissionRevoked(by, why), MissionStatus.Revoked, cancellationToken, MissionStatus.Active, MissionStatus.Suspended);

    private ValueTask<CommandAnswer> CommandAsync(
        MissionId mission, LinkBody command, MissionStatus next, CancellationToken cancellationToken, params MissionStatus[] from)
    {
        Check(command);
        return MissionCommand.AppendAsync(
            store,
            mission,
            (state, time) => from.Contains(state.StatusAt(time))
                ? new CommandLink.Write(command, next)
                : new CommandLink.NotPossible(NotPossible(mission, state.StatusAt(time))),
            cancellationToken);
    }

    private static void Check(LinkBody command)
    {
        var (by, why) = command switch
        {
            LinkBody.MissionSuspended link => (link.By, link.Why),
            LinkBody.MissionResumed link => (link.By, link.Why),
            LinkBody.MissionCompleted link => (link.By, link.Why),
            LinkBody.MissionRevoked link => (link.By, link.Why),
            _ => throw new UnreachableException(),
        };
        ArgumentException.ThrowIfNullOrWhiteSpace(by, nameof(command));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(why.Length, WhyLengthMax, nameof(command));
    }

    private static string NotPossible(MissionId mission, MissionStatus status) => status switch
    {
        MissionStatus.Active => $"Mission `{mission}` is active already.",
        MissionStatus.Suspended => $"Mission `{mission}` is suspended already.",
        MissionStatus.Completed => $"Mission `{mission}` is completed, which is for ever. Open another.",
        MissionStatus.Revoked => $"Mission `{mission}` is revoked, which is for ever. Open another.",
        MissionStatus.Expired => $"Mission `{mission}` has expired, which is for ever. Open another.",
        _ => throw new UnreachableException(),
    };
}
