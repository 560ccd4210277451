using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>How an admitted call ended: the link that says so, and what the agent gets. Exactly one of answer and denial is there.</summary>
internal sealed record Settlement(LinkBody.CallSettled Link, CallAnswer? Answer, Denial? Denial)
{
    /// <summary>The call was forwarded, but its settlement could not be made durable, so its answer stays here.</summary>
    public static Denial NotRecorded { get; } = new(
        ReasonCode.StateUnavailable,
        "The call was forwarded, but its outcome could not be recorded, so its answer is withheld. Do not repeat it blindly: find out with a read whether it took effect.");

    /// <summary>The call was forwarded, but the chain says already that its outcome is unknown, so its answer stays here.</summary>
    public static Denial HeldForLost { get; } = new(
        ReasonCode.OutcomeUnknown,
        "The call was forwarded, but its answer came after it was held for lost, so the answer is withheld. Find out with a read whether it took effect before you repeat it.");

    /// <summary>The backend refused the call before it did anything, and the agent is not shown how.</summary>
    public static Settlement NotDone(CallId call, Denial denial) => Failed(call, CallOutcome.Error, $"Refused by the backend: {denial.Reason}.", denial);

    /// <summary>The call was forwarded, and nobody waits for its end any more.</summary>
    public static Settlement GivenUp(CallId call, Denial denial) => Failed(call, CallOutcome.Unknown, $"Given up: {denial.Reason}.", denial);

    public static Settlement Of(BackendReply reply, CallId call, ToolFacts tool, CallKind kind, ResultForm form)
    {
        switch (reply)
        {
            case BackendReply.Result(var value):
                var facts = ResultFacts.Of(value, kind, form);
                // An error's text was delivered like any other result, so it brings the same labels.
                return new Settlement(
                    new LinkBody.CallSettled(
                        call, facts.IsError ? CallOutcome.Error : CallOutcome.Ok, facts.Fields, facts.Digest, tool.Labels.All, null)
                    {
                        Text = facts.Text,
                        IsCut = facts.IsCut,
                    },
                    new CallAnswer.Result(value),
                    null);

            case BackendReply.Kept kept:
                // Of a result that nobody read whole nothing is known but the preview, and every label holds for it.
                return new Settlement(
                    new LinkBody.CallSettled(call, kept.IsError ? CallOutcome.Error : CallOutcome.Ok, null, kept.Digest, tool.Labels.All, null)
                    {
                        Text = kept.Preview,
                        IsCut = true,
                    },
                    new CallAnswer.Result(kept.Value),
                    null);

            case BackendReply.Error(var value):
                var message = value.GetRawText();
                return new Settlement(
                    new LinkBody.CallSettled(call, CallOutcome.Error, null, Digest.Of(value), tool.Labels.All, "The backend answered with a JSON-RPC error.")
                    {
                        Text = message.Length <= ResultFacts.RecordedBytesMax ? message : null,
                        IsCut = message.Length > ResultFacts.RecordedBytesMax,
                    },
                    new CallAnswer.Error(value),
                    null);

            case BackendReply.InputRequired:
                return GivenUp(call, new Denial(
                    ReasonCode.AskRefused,
                    "The tool asked for input, which this mission grants to no call of it. The call may have taken effect: find out with a read before you repeat it."));

            case BackendReply.NotSent(var why):
                return Failed(call, CallOutcome.Error, $"Not sent: {why}.", new Denial(
                    ReasonCode.BackendUnavailable,
                    "The backend of this tool cannot be reached now; the call did not happen. Continue without it, or try again later."));

            case BackendReply.Lost(var why):
                return Failed(call, CallOutcome.Unknown, $"Lost: {why}.", new Denial(
                    ReasonCode.OutcomeUnknown,
                    "The call was forwarded, but no answer came. Nobody knows whether it took effect: find out with a read before you repeat it."));

            case BackendReply.Unreadable(var why):
                return Failed(call, CallOutcome.Unknown, $"Unreadable: {why}.", new Denial(
                    ReasonCode.ResultRefused,
                    "The backend answered, but its answer cannot be accepted. The call may have taken effect: find out with a read before you repeat it."));

            default:
                throw new System.Diagnostics.UnreachableException($"No branch for {reply.GetType().Name}.");
        }
    }

    private static Settlement Failed(CallId call, CallOutcome outcome, string error, Denial denial) =>
        new(new LinkBody.CallSettled(call, outcome, null, null, [], error), null, denial);
}
