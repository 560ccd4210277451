using System.Collections.Immutable;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Core.Decisions;

/// <summary>The combined answer to one proposed call. Every rule that watches the tool was asked; the strictest verdict won.</summary>
public abstract record Decision
{
    private Decision() { }

    public sealed record Permit : Decision
    {
        /// <summary>The denials of rules in shadow (`enforce: false`): recorded, and of no effect.</summary>
        public ImmutableArray<Denial> Shadow { get; init; } = [];

        /// <summary>Version of the request whose approval the call uses up; null where it needs none.</summary>
        public long? Approval { get; init; }

        /// <summary>What the backend may ask of the agent during the call, by the grant that accepted it.</summary>
        public AgentInputs MayAsk { get; init; }
    }

    /// <summary>Nothing denies the call, but people must approve it first. Nothing is forwarded.</summary>
    public sealed record Escalate(ApprovalRequest Request) : Decision;

    public sealed record Deny(Denial Denial) : Decision
    {
        /// <summary>What went wrong inside, where a rule could not be evaluated: for the log alone, never for the agent.</summary>
        public string? Fault { get; init; }
    }

    public static Decision Permitted { get; } = new Permit();

    public static Decision DeniedFor(ReasonCode reason, string say) => new Deny(new Denial(reason, say));
}

/// <summary>
/// Why a call is refused, and what the agent can do instead. It quotes no value that the agent has not itself sent.
/// </summary>
/// <param name="Say">One sentence for the model that says what to do next.</param>
public sealed record Denial(ReasonCode Reason, string Say)
{
    /// <summary>
    /// The one sentence for a tool that is not granted, that does not exist, or that must not be seen: an agent cannot tell them
    /// apart, while the chain keeps the true reason.
    /// </summary>
    public const string ToolNotGrantedSentence =
        "No tool of this name is granted to this mission; use one of those that `tools/list` names.";

    public static Denial ToolNotGranted { get; } = new(ReasonCode.ToolNotGranted, ToolNotGrantedSentence);

    /// <summary>The same for a resource.</summary>
    public const string ResourceNotGrantedSentence =
        "No resource of this URI is granted to this mission; use those that `resources/list` and `resources/templates/list` name.";

    /// <summary>The same for a prompt.</summary>
    public const string PromptNotGrantedSentence =
        "No prompt of this name is granted to this mission; use one of those that `prompts/list` names.";

    /// <summary>The rule (or grant, as `grants[2]`) that decided, where one did.</summary>
    public RuleId? Rule { get; init; }

    /// <summary>The argument that was refused, as a path into the call's arguments.</summary>
    public string? Argument { get; init; }

    /// <summary>Versions of the earlier links that caused the refusal, ascending; at most 8, the latest kept.</summary>
    public ImmutableArray<long> Because { get; init; } = [];

    /// <summary>What remains of the budget or window that decided.</summary>
    public long? Remaining { get; init; }

    /// <summary>When the same call may be tried again, where time alone can mend it.</summary>
    public DateTimeOffset? RetryAfter { get; init; }

    /// <summary>The request that the call waits for, or that was refused; null where nobody is asked.</summary>
    public ApprovalNotice? Approval { get; init; }

    /// <summary>Tools (`backend/tool` or a class) that would open the way.</summary>
    public ImmutableArray<string> AllowedNext { get; init; } = [];
}
