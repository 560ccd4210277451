using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Provenance;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Core.Asks;

/// <summary>
/// What backends ask the agent of a mission during its pending calls, and what it answers. Each question stands at its call; here is
/// what its links change. They say why a link cannot be genuine, as the end of a sentence that begins with it; then nothing changed.
/// </summary>
internal sealed class AskBook(PendingCalls pending, RecordedStatus status, ProvenanceIndex? provenance)
{
    public string? Ask(Link link, LinkBody.InputAsked asked)
    {
        if (!status.IsActiveAt(link.Time))
            return "asks the agent while the mission is not active";
        if (pending.Find(asked.Call) is not { Ask: null } call)
            return $"asks for the call {asked.Call}, which is not pending or has asked already";
        if (asked.Round != call.Rounds + 1 || asked.Round > OpenAsk.RoundsMax)
            return $"asks question {asked.Round} after {call.Rounds}";
        if (asked.Kinds == AgentInputs.None || (asked.Kinds & ~call.MayAsk) != AgentInputs.None)
            return "asks what was not granted to the call";

        provenance?.AddAsked(call, asked);
        pending.Hear(call with { Rounds = asked.Round, Ask = new OpenAsk(link.Version, asked) }, asked.Labels);
        return null;
    }

    public string? Give(Link link, LinkBody.InputGiven given)
    {
        if (!status.IsActiveAt(link.Time))
            return "gives input while the mission is not active";
        if (Waiting(given.Call, given.Round) is not { Ask: { } ask } call)
            return NotWaiting(given.Call, given.Round);
        if (ask.HasExpired(link.Time))
            return $"answers question {given.Round} after it expired";

        provenance?.AddGiven(call, given);
        pending.Hear(call with { Ask = null }, given.Labels);
        return null;
    }

    public string? Refuse(LinkBody.InputRefused refused)
    {
        if (Waiting(refused.Call, refused.Round) is not { } call)
            return NotWaiting(refused.Call, refused.Round);
        pending.Replace(call with { Ask = null });
        return null;
    }

    private ChainCall? Waiting(CallId id, int round) => pending.Find(id) is { Ask: { } ask } call && ask.Round == round ? call : null;

    private static string NotWaiting(CallId call, int round) => $"answers question {round} of the call {call}, which does not wait for that";
}
