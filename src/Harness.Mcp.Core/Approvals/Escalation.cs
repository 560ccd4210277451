using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Core.Approvals;

/// <summary>What becomes of a call that nothing denies, but that some grant or rule lets through only with approval.</summary>
internal static class Escalation
{
    /// <param name="asks">What each of them says of the call; all have <see cref="RuleDenial.Asks"/>.</param>
    public static Decision Of(ApprovalBook book, MissionState state, ToolCall call, IReadOnlyList<RuleDenial> asks)
    {
        // What a person cannot read whole, nobody may approve.
        if (JsonMarshal.GetRawUtf8Value(call.Arguments).Length > MissionBounds.ApprovalArgumentBytesMax)
            return new Decision.Deny(new Denial(
                ReasonCode.ArgumentsNotGranted,
                $"This call needs a person's approval, and its arguments are longer than the {MissionBounds.ApprovalArgumentBytesMax:N0} bytes that a person can be shown; make it shorter.")
            { Rule = asks[0].Denial.Rule });

        var wanted = asks.Select(ask => new ApprovalAsk(ask.Denial.Rule ?? default, ask.Denial.Say, ask.Asks!.By)).ToImmutableArray();
        var binding = ApprovalBinding.Of(state.Id, call.Agent, call.Tool, Digest.Of(call.Arguments), state.Rules);
        if (book.OfCall(binding, call.Time) is { } known && known.Covers(wanted))
            return known.Status switch
            {
                ApprovalStatus.Granted => new Decision.Permit { Approval = known.Version },
                ApprovalStatus.Refused => new Decision.Deny(Refused(known)),
                _ => new Decision.Escalate(
                    new ApprovalRequest(binding, known.Asked.Asks, known.Asked.Because, known.Asked.ExpiresAt) { Parked = known.Version }),
            };

        var open = book.OpenAt(call.Time);
        if (open.Length >= MissionBounds.ApprovalsOpenMax)
            return new Decision.Deny(new Denial(
                ReasonCode.ApprovalsExceeded,
                $"This mission has asked people {open.Length} times lately, which is as much as it may; use what they approved, or wait.")
            {
                Rule = wanted[0].Rule,
                RetryAfter = open.Min(one => one.Asked.ExpiresAt),
            });

        var expires = call.Time + asks.Min(ask => ask.Asks!.Within);
        return new Decision.Escalate(new ApprovalRequest(
            binding,
            wanted,
            [.. asks.SelectMany(ask => ask.Denial.Because).Distinct().Order().TakeLast(MissionBounds.BecauseMax)],
            expires < state.Facts.Expires ? expires : state.Facts.Expires));
    }

    private static Denial Refused(OpenApproval known) => new(
        ReasonCode.ApprovalRefused, "A person has refused this very call; continue without it, or report that it was refused.")
    {
        Rule = known.Asked.Asks[0].Rule,
        Because = [known.Version],
        Approval = new ApprovalNotice(known.Version, known.Asked.ExpiresAt),
        RetryAfter = known.Asked.ExpiresAt,
    };
}
