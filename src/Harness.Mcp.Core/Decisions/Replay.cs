using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Decisions;

/// <summary>
/// A recorded chain decided again, call by call, by the same fold and the same rules as a running proxy, under the mission's own document or
/// another one. It is open loop: the agent's later calls are those it made then, whatever is decided now. A call that is permitted now ends as
/// it was recorded; one that was refused then and is permitted now counts as admitted, with an unknown outcome; a call that is denied now
/// contributes nothing to what follows.
/// </summary>
public static class Replay
{
    // Refused by the proxy before any rule was asked, so no document can change it.
    private static readonly ImmutableHashSet<ReasonCode> BeforeRules =
    [
        ReasonCode.ToolUnknown, ReasonCode.DefinitionDrifted, ReasonCode.ArgumentsInvalid, ReasonCode.StateUnavailable, ReasonCode.StateContended,
        ReasonCode.Overloaded, ReasonCode.DecisionFailed,
    ];

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
            return new(new Run(opened.Value, chain[0].Mission).Through(chain));
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

    private sealed class Run(MissionState state, MissionId mission)
    {
        private readonly ImmutableArray<ReplayedCall>.Builder _calls = ImmutableArray.CreateBuilder<ReplayedCall>();
        private readonly HashSet<CallId> _admitted = [];

        // Versions of the recorded chain, by those of the chain as it is folded now.
        private readonly Dictionary<long, long> _recorded = [];

        public ReplayedChain Through(ImmutableArray<Link> chain)
        {
            foreach (var link in chain.AsSpan()[1..])
                Take(link);
            return new ReplayedChain(mission, _calls.ToImmutable());
        }

        private void Take(Link link)
        {
            switch (link.Body)
            {
                case LinkBody.CallAdmitted admitted:
                    if (Decide(link, admitted.Call, admitted.Agent, admitted.Tool, admitted.Arguments, null) is Decision.Permit)
                        Admit(link, admitted);
                    break;
                case LinkBody.CallRefused { Tool: { } tool, Arguments: { } arguments } refused when !BeforeRules.Contains(refused.Denial.Reason):
                    if (Decide(link, refused.Call, refused.Agent, tool, arguments, refused.Denial) is Decision.Permit)
                    {
                        Admit(link, new LinkBody.CallAdmitted(
                            refused.Call, refused.Agent, tool, arguments, Digest.Of(arguments), state.Rules, refused.Trace));
                        Apply(link, new LinkBody.CallSettled(refused.Call, CallOutcome.Unknown, null, null, [], "It was refused when the chain was recorded."));
                        _admitted.Remove(refused.Call);
                    }

                    break;
                case LinkBody.CallRefused refused:
                    _calls.Add(new ReplayedCall(link.Version, link.Time, refused.Agent, refused.AskedFor, refused.Denial, new Decision.Deny(refused.Denial)));
                    break;
                case LinkBody.CallSettled settled:
                    if (_admitted.Remove(settled.Call))
                        Apply(link, settled);
                    break;
                default:
                    Apply(link, link.Body);
                    break;
            }
        }

        private Decision Decide(Link link, CallId call, AgentId agent, ToolFacts tool, System.Text.Json.JsonElement arguments, Denial? recorded)
        {
            var decision = DecisionPoint.Decide(state, new ToolCall(call, agent, tool, arguments, link.Time));
            if (decision is Decision.Deny deny)
                decision = deny with { Denial = deny.Denial with { Because = [.. deny.Denial.Because.Select(version => _recorded.GetValueOrDefault(version, version))] } };
            _calls.Add(new ReplayedCall(link.Version, link.Time, agent, tool.Id.ToString(), recorded, decision));
            return decision;
        }

        private void Admit(Link link, LinkBody.CallAdmitted admitted)
        {
            Apply(link, admitted);
            _admitted.Add(admitted.Call);
        }

        private void Apply(Link link, LinkBody body)
        {
            state.Apply(link with { Version = state.Version + 1, Body = body });
            _recorded[state.Version] = link.Version;
        }
    }
}

/// <summary>A chain decided again.</summary>
public sealed record ReplayedChain(MissionId Mission, ImmutableArray<ReplayedCall> Calls);

/// <summary>One recorded call, decided again.</summary>
/// <param name="Version">Of the link that recorded the call.</param>
/// <param name="Tool">`backend/tool`, or what the agent asked for where there was no such tool.</param>
/// <param name="Recorded">Why it was refused then; null where it was permitted.</param>
/// <param name="Now">What is decided now. The links that it names are those of the recorded chain.</param>
public sealed record ReplayedCall(long Version, DateTimeOffset Time, AgentId Agent, string Tool, Denial? Recorded, Decision Now)
{
    /// <summary>Whether the call was permitted then and is denied now, or the other way round.</summary>
    public bool IsDifferent => (Recorded is null) != (Now is Decision.Permit);
}
