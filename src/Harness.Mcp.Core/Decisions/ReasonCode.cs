namespace Harness.Mcp.Core.Decisions;

/// <summary>Why a call was refused, for programs. Released codes are a promise: they are never renamed or reused.</summary>
public readonly record struct ReasonCode(string Value)
{
    // The mission.
    public static readonly ReasonCode MissionSuspended = new("mission_suspended");
    public static readonly ReasonCode MissionEnded = new("mission_ended");
    public static readonly ReasonCode MissionExpired = new("mission_expired");
    public static readonly ReasonCode MissionNarrowed = new("mission_narrowed");
    public static readonly ReasonCode AgentNotOfMission = new("agent_not_of_mission");

    // The tool and its arguments.
    public static readonly ReasonCode ToolNotGranted = new("tool_not_granted");
    public static readonly ReasonCode ToolUnknown = new("tool_unknown");
    public static readonly ReasonCode DefinitionDrifted = new("definition_drifted");
    public static readonly ReasonCode ArgumentsInvalid = new("arguments_invalid");
    public static readonly ReasonCode ArgumentsNotGranted = new("arguments_not_granted");
    public static readonly ReasonCode NotAnchored = new("not_anchored");
    public static readonly ReasonCode NotBound = new("not_bound");
    public static readonly ReasonCode NotGrounded = new("not_grounded");

    // The chain.
    public static readonly ReasonCode HistoryNotSatisfied = new("history_not_satisfied");
    public static readonly ReasonCode ForbiddenAfter = new("forbidden_after");
    public static readonly ReasonCode BudgetExhausted = new("budget_exhausted");
    public static readonly ReasonCode RateExceeded = new("rate_exceeded");
    public static readonly ReasonCode WallClosed = new("wall_closed");
    public static readonly ReasonCode FlowForbidden = new("flow_forbidden");
    public static readonly ReasonCode CarriesRefused = new("carries_refused");
    public static readonly ReasonCode Forbidden = new("forbidden");
    public static readonly ReasonCode RequirementNotMet = new("requirement_not_met");
    public static readonly ReasonCode RepeatsUnknown = new("repeats_unknown");
    public static readonly ReasonCode Duplicate = new("duplicate");

    // People.
    public static readonly ReasonCode ApprovalRequired = new("approval_required");
    public static readonly ReasonCode ApprovalRefused = new("approval_refused");
    public static readonly ReasonCode ApprovalsExceeded = new("approvals_exceeded");

    // What a backend asks of the agent during a call.
    public static readonly ReasonCode AskRefused = new("ask_refused");
    public static readonly ReasonCode InputInvalid = new("input_invalid");
    public static readonly ReasonCode InputNotGiven = new("input_not_given");
    public static readonly ReasonCode RequestStateInvalid = new("request_state_invalid");
    public static readonly ReasonCode RequestStateExpired = new("request_state_expired");
    public static readonly ReasonCode RequestStateUsed = new("request_state_used");

    // Calls that a backend answers later.
    public static readonly ReasonCode TaskInvalid = new("task_invalid");
    public static readonly ReasonCode TaskExpired = new("task_expired");

    // The proxy itself.
    public static readonly ReasonCode RuleFailed = new("rule_failed");
    public static readonly ReasonCode DecisionFailed = new("decision_failed");
    public static readonly ReasonCode StateUnavailable = new("state_unavailable");
    public static readonly ReasonCode StateContended = new("state_contended");
    public static readonly ReasonCode StateExhausted = new("state_exhausted");
    public static readonly ReasonCode Overloaded = new("overloaded");

    // After admission: the call was permitted, but there is no answer to give.
    public static readonly ReasonCode BackendUnavailable = new("backend_unavailable");
    public static readonly ReasonCode OutcomeUnknown = new("outcome_unknown");
    public static readonly ReasonCode ResultRefused = new("result_refused");

    public override string ToString() => Value;
}
