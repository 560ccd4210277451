using Harness.Mcp.Core.Chains;

namespace Harness.Mcp.Store.Records;

/// <summary>Keys of record version 1, as stored and exported. They are a promise: none is renamed or given another meaning.</summary>
internal static class Keys
{
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    // Every record.
    public const string RecordVersion = "v";
    public const string Mission = "mission";
    public const string Version = "version";
    public const string Time = "time";
    public const string Previous = "previous";
    public const string Kind = "kind";

    // Missions.
    public const string Document = "document";
    public const string Inputs = "inputs";
    public const string Rules = "rules";
    public const string Sources = "sources";
    public const string ExpiresAt = "expiresAt";
    public const string By = "by";
    public const string Why = "why";

    // Calls.
    public const string Call = "call";
    public const string Agent = "agent";
    public const string AskedFor = "askedFor";
    public const string Arguments = "arguments";
    public const string ArgumentsDigest = "argumentsDigest";
    public const string Outcome = "outcome";
    public const string Result = "result";
    public const string ResultDigest = "resultDigest";
    public const string Labels = "labels";
    public const string Error = "error";
    public const string Text = "text";
    public const string Cut = "cut";

    // What backends ask of agents.
    public const string MayAsk = "mayAsk";
    public const string Round = "round";
    public const string Asked = "asked";
    public const string Held = "held";
    public const string Given = "given";
    public const string GivenDigest = "givenDigest";

    // Tasks.
    public const string Task = "task";
    public const string Message = "message";

    // Approvals.
    public const string Approval = "approval";
    public const string Request = "request";
    public const string Binding = "binding";
    public const string Asks = "asks";

    // Obligations.
    public const string Obligation = "obligation";

    // Tools.
    public const string Tool = "tool";
    public const string Backend = "backend";
    public const string Name = "name";
    public const string Domain = "domain";
    public const string Effect = "effect";
    public const string Targets = "targets";
    public const string Content = "content";
    public const string FieldLabels = "fieldLabels";
    public const string Path = "path";
    public const string Sinks = "sinks";
    public const string Definition = "definition";

    // Denials.
    public const string Denial = "denial";
    public const string Shadow = "shadow";
    public const string Reason = "reason";
    public const string Say = "say";
    public const string Rule = "rule";
    public const string Argument = "argument";
    public const string Because = "because";
    public const string Remaining = "remaining";
    public const string RetryAfter = "retryAfter";
    public const string AllowedNext = "allowedNext";

    // Traces.
    public const string Trace = "trace";
    public const string TraceId = "traceId";
    public const string SpanId = "spanId";
}

/// <summary>What `kind` says.</summary>
internal static class Kinds
{
    public const string MissionOpened = "mission_opened";
    public const string MissionSuspended = "mission_suspended";
    public const string MissionResumed = "mission_resumed";
    public const string MissionCompleted = "mission_completed";
    public const string MissionRevoked = "mission_revoked";
    public const string RulesTightened = "rules_tightened";
    public const string CallAdmitted = "call_admitted";
    public const string CallRefused = "call_refused";
    public const string CallSettled = "call_settled";
    public const string InputAsked = "input_asked";
    public const string InputGiven = "input_given";
    public const string InputRefused = "input_refused";
    public const string TaskOpened = "task_opened";
    public const string TaskReported = "task_reported";
    public const string ApprovalRequested = "approval_requested";
    public const string ApprovalGranted = "approval_granted";
    public const string ApprovalRefused = "approval_refused";
    public const string ObligationMissed = "obligation_missed";
}

/// <summary>What `outcome` says. A pending call has no settled link, so that outcome is never written.</summary>
internal static class OutcomeNames
{
    public static string Write(CallOutcome outcome) => outcome switch
    {
        CallOutcome.Ok => "ok",
        CallOutcome.Error => "error",
        CallOutcome.Unknown => "unknown",
        _ => throw new ArgumentException("A settled call has an outcome other than pending.", nameof(outcome)),
    };

    public static CallOutcome? Parse(string name) => name switch
    {
        "ok" => CallOutcome.Ok,
        "error" => CallOutcome.Error,
        "unknown" => CallOutcome.Unknown,
        _ => null,
    };
}
