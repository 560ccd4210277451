using System.Diagnostics;
using Harness.Mcp.Proxy.Enforcement.Reads;

namespace Harness.Mcp.Proxy.Wire.Reads;

/// <summary>Answers `resources/subscribe` and `resources/unsubscribe`, whose notices come over the session.</summary>
internal static class SessionSubscriptions
{
    public static async Task<Reply> AnswerAsync(AgentRequest request, IAgentPeer peer, CancellationToken cancellationToken)
    {
        var uri = request.Message!.Param("uri")!.Value.GetString()!;
        if (request.Session?.Updates is not { } updates)
        {
            return new Reply.Error(WireError.InvalidRequest, "Only a session can be told of changes: send `initialize` first.");
        }

        if (request.Message.Method is Methods.Unsubscribe)
        {
            await updates.RemoveAsync(uri);
            return new Reply.Result([]);
        }

        var read = request.ReadOf(uri, peer);
        return await updates.AddAsync(read, cancellationToken) switch
        {
            null => new Reply.Result([]),
            WatchAnswer.Refused(var why) => Reply.Of(why, read.Kind, request.IsModern),
            WatchAnswer.NotTold => new Reply.Error(
                WireError.NotTold, $"Changes of this resource are not announced, or {UpdateNotices.ResourcesMax} others are subscribed to already: read it again when you need it."),
            _ => throw new UnreachableException("No branch for this answer."),
        };
    }
}
