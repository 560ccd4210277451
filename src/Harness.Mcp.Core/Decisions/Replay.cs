using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Core.Decisions;

/// <summary>
/// A recorded chain decided again, call by call, by the same fold and the same rules as a running proxy, under the mission's own document or
/// another one. It is open loop: the agent's later calls are those it made then, whatever is decided now. A call that is permitted now ends as
/// it was recorded; one that was not permitted then and is now counts as admitted, with an unknown outcome; a call that is denied now
/// contributes nothing to what follows, and one that is escalated now waits. Answers of people, and what the proxy did about obligations,
/// count where the chain as it is decided now has a place for them; where it has none, that is said.
/// </summary>
public static class Replay
{
    /// <param name="chain">The links of one mission, from the first.</param>
    /// <param name="template">The mission to decide by; null for the one that the chain was opened with.</param>
    /// <returns>Every recorded call, in order; or why the chain cannot be decided so.</returns>
    public static Parsed<ReplayedChain> Of(ImmutableArray<Link> chain, MissionTemplate? template)
    {
        if (chain.IsDefaultOrEmpty)
            return new([new Problem(default, "The chain is empty.")]);

        var opened = MissionState.Open(template is null ? chain[0] : Reopened(chain[0], template));
        if (!opened.IsValid)
            return new(opened.Problems);
        try
        {
            return new(new ReplayRun(opened.Value).Through(chain));
        }
        catch (InvalidOperationException misplaced)
        {
            return new([new Problem(new SourcePosition(chain[0].Mission.Value, 0, 0), misplaced.Message, "Check the chain with `harness chain verify`.")]);
        }
    }

    /// <summary>The first link as it would be, had the mission been opened by this document with the same inputs.</summary>
    private static Link Reopened(Link first, MissionTemplate template)
    {
        if (first.Body is not LinkBody.MissionOpened opened)
            return first; // The state refuses it.
        var document = DocumentJson.Write(template.Document);
        return first with
        {
            Body = opened with { Document = document, Rules = Digest.Of(document), ExpiresAt = first.Time + template.Lifetime },
        };
    }
}

/// <summary>A chain decided again.</summary>
/// <param name="Notes">What of the recorded chain had no place in it as it is decided now, a sentence each.</param>
public sealed record ReplayedChain(MissionId Mission, ImmutableArray<ReplayedCall> Calls, ImmutableArray<string> Notes);

/// <summary>One recorded call, decided again.</summary>
/// <param name="Version">Of the link that recorded the call.</param>
/// <param name="Tool">`backend/tool`, or what the agent asked for where there was no such tool.</param>
/// <param name="Recorded">Why it was not forwarded then: a refusal, or what it waited for; null where it was permitted.</param>
/// <param name="Now">What is decided now. The links that it names are those of the recorded chain.</param>
public sealed record ReplayedCall(long Version, DateTimeOffset Time, AgentId Agent, string Tool, Denial? Recorded, Decision Now)
{
    /// <summary>What an agent would be told now; null where the call is permitted.</summary>
    public Denial? Said { get; init; }

    /// <summary>What rules in shadow would deny the call with now, where it is permitted.</summary>
    public ImmutableArray<Denial> Shadow => Now is Decision.Permit permit ? permit.Shadow : [];

    /// <summary>Whether the call was permitted, escalated or denied then, and is not now.</summary>
    public bool IsDifferent => VerdictOf(Recorded) != VerdictOf(Said);

    /// <summary>`permit`, `escalate` or `deny`.</summary>
    public static string VerdictOf(Denial? said) => said is null ? "permit" : said.Reason == ReasonCode.ApprovalRequired ? "escalate" : "deny";
}
