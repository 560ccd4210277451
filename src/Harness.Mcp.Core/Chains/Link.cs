using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Chains;

/// <summary>
/// One recorded fact of a mission. Versions count from 1 without a gap; times never run backwards within a mission;
/// <see cref="Previous"/> is the digest of the link before, <see cref="Digest.Zero"/> for the first.
/// </summary>
public sealed record Link(MissionId Mission, long Version, DateTimeOffset Time, Digest Previous, LinkBody Body);

/// <summary>What a link says, in the past tense. A closed set: a reader that meets another kind refuses the chain.</summary>
public abstract record LinkBody
{
    private LinkBody() { }

    /// <summary>The first link of every chain. The mission is compiled from this record alone, never from the file it came from.</summary>
    /// <param name="Document">The mission document as JSON.</param>
    /// <param name="Inputs">A JSON object: the inputs, valid against the document's `inputs`.</param>
    /// <param name="Rules">Digest of the document and all other rule sources that judge this mission.</param>
    public sealed record MissionOpened(JsonElement Document, JsonElement Inputs, Digest Rules, DateTimeOffset ExpiresAt, string By) : LinkBody
    {
        /// <summary>The guardrails and backend terms that hold beside the mission's own rules.</summary>
        public ImmutableArray<RecordedSource> Sources { get; init; } = [];
    }

    /// <summary>
    /// Guardrails or backend terms changed while the mission was open: from here on these hold too. What held before still does, so
    /// this can only tighten.
    /// </summary>
    /// <param name="Rules">Digest of the rules before and of what was added.</param>
    public sealed record RulesTightened(ImmutableArray<RecordedSource> Sources, Digest Rules) : LinkBody;

    public sealed record MissionSuspended(string By, string Why) : LinkBody;

    public sealed record MissionResumed(string By, string Why) : LinkBody;

    public sealed record MissionCompleted(string By, string Why) : LinkBody;

    public sealed record MissionRevoked(string By, string Why) : LinkBody;

    /// <summary>A call was permitted and counts from here on. It is forwarded only when this link is durable.</summary>
    /// <param name="Arguments">The exact arguments that were decided on and are forwarded; a JSON object.</param>
    /// <param name="Rules">Digest of the rules that decided.</param>
    public sealed record CallAdmitted(
        CallId Call, AgentId Agent, ToolFacts Tool, JsonElement Arguments, Digest ArgumentsDigest, Digest Rules, RequestTrace Trace) : LinkBody
    {
        /// <summary>What rules in shadow would have denied the call with; nobody tells the agent.</summary>
        public ImmutableArray<Denial> Shadow { get; init; } = [];

        /// <summary>Version of the <see cref="ApprovalRequested"/> whose approval this call used up; null for a call that needed none.</summary>
        public long? Approval { get; init; }

        /// <summary>What the proxy keeps by this call of its own (<see cref="AgentId.Proxy"/>), even of a mission that stopped; null for an agent's call.</summary>
        public ObligationId? Obligation { get; init; }

        /// <summary>What the backend may ask of the agent during this call, by the grant that accepted it.</summary>
        public AgentInputs MayAsk { get; init; }
    }

    /// <summary>A call was denied; nothing was forwarded.</summary>
    /// <param name="AskedFor">The tool name as the agent wrote it, at most 128 characters.</param>
    /// <param name="Tool">Null where no such tool exists in the catalog.</param>
    /// <param name="Arguments">Null where the arguments could not be read or were over the limit.</param>
    public sealed record CallRefused(
        CallId Call, AgentId Agent, string AskedFor, ToolFacts? Tool, JsonElement? Arguments, Denial Denial, Digest Rules, RequestTrace Trace) : LinkBody;

    /// <summary>
    /// A call waits for people to approve it; nothing was forwarded. It voids when the mission stops. The link's version is the request's number.
    /// </summary>
    /// <param name="Call">The call that asked. Its repetition is a call of its own.</param>
    /// <param name="Arguments">The exact arguments; a JSON object.</param>
    /// <param name="Binding">See <see cref="ApprovalBinding"/>: the repetition must have the same.</param>
    /// <param name="Because">Versions of the earlier links that made the call a question, ascending.</param>
    public sealed record ApprovalRequested(
        CallId Call,
        AgentId Agent,
        ToolFacts Tool,
        JsonElement Arguments,
        Digest Binding,
        ImmutableArray<ApprovalAsk> Asks,
        ImmutableArray<long> Because,
        DateTimeOffset ExpiresAt,
        Digest Rules,
        RequestTrace Trace) : LinkBody;

    /// <summary>A person said yes to all that they may answer of a request.</summary>
    /// <param name="Request">Version of the <see cref="ApprovalRequested"/>.</param>
    public sealed record ApprovalGranted(long Request, string By, string Why) : LinkBody;

    /// <summary>A person said no to a request.</summary>
    /// <param name="Request">Version of the <see cref="ApprovalRequested"/>.</param>
    public sealed record ApprovalRefused(long Request, string By, string Why) : LinkBody;

    /// <summary>What a `then` rule demands was not done, and will not be: people must look.</summary>
    public sealed record ObligationMissed(ObligationId Obligation, string Why) : LinkBody;

    /// <summary>
    /// The backend of a pending call asks the agent. The question is an answer of the backend's in itself: it reaches the agent only when this link is
    /// durable, and from here on the mission has met what it says.
    /// </summary>
    /// <param name="Round">Which question of the call, from 1.</param>
    /// <param name="Asked">A JSON object: each request as the agent is shown it, under the key that its answer must have.</param>
    /// <param name="Labels">Labels of what the backend says, as for its results.</param>
    /// <param name="ExpiresAt">An answer that comes then or later is not taken, and the call's outcome is unknown.</param>
    /// <param name="IsHeld">Whether the backend waits on a connection of this process, so that the question dies with it.</param>
    public sealed record InputAsked(
        CallId Call, int Round, AgentInputs Kinds, JsonElement Asked, ImmutableArray<string> Labels, DateTimeOffset ExpiresAt, bool IsHeld) : LinkBody;

    /// <summary>The agent answered, and nothing denied it: the answers leave to the backend only when this link is durable. Each question is answered once.</summary>
    /// <param name="Round">Which question it answers.</param>
    /// <param name="Given">A JSON object: the answers as they leave, each under the key of its request; null where they are over the recorded size.</param>
    /// <param name="Labels">What the answers bring into the mission.</param>
    public sealed record InputGiven(CallId Call, int Round, JsonElement? Given, Digest GivenDigest, ImmutableArray<string> Labels) : LinkBody;

    /// <summary>A question got no answer that may leave to the backend: none came, or it was denied.</summary>
    public sealed record InputRefused(CallId Call, int Round, Denial Denial) : LinkBody;

    /// <summary>
    /// The backend of a pending call answers it later, by a task. The call waits for that on the chain alone, and settles like any other; the agent
    /// learns of the task only when this link is durable.
    /// </summary>
    /// <param name="Task">The backend's own id of the task: the agent never sees it.</param>
    /// <param name="ExpiresAt">From then on nobody waits for the task, and the call's outcome is unknown.</param>
    /// <param name="Message">What the backend says of the task, as the agent is told; null for nothing.</param>
    /// <param name="Labels">Labels of the message, as for results; empty without one.</param>
    public sealed record TaskOpened(CallId Call, string Task, DateTimeOffset ExpiresAt, string? Message, ImmutableArray<string> Labels) : LinkBody;

    /// <summary>The backend says something new of a task that is open. A poll that brings nothing new is no link.</summary>
    /// <inheritdoc cref="TaskOpened"/>
    public sealed record TaskReported(CallId Call, DateTimeOffset ExpiresAt, string? Message, ImmutableArray<string> Labels) : LinkBody;

    /// <summary>An admitted call ended. Its answer leaves the proxy only when this link is durable.</summary>
    /// <param name="Result">
    /// The result's fields: `structuredContent`; without it the JSON that the text holds; else the text as one string. Null for an
    /// unknown outcome or a result over the recorded size.
    /// </param>
    public sealed record CallSettled(
        CallId Call, CallOutcome Outcome, JsonElement? Result, Digest? ResultDigest, ImmutableArray<string> Labels, string? Error) : LinkBody
    {
        /// <summary>What the agent could read besides <see cref="Result"/>: text that is not just its JSON, embedded resources, an error's message.</summary>
        public string? Text { get; init; }

        /// <summary>True where the agent could read more than the link records.</summary>
        public bool IsCut { get; init; }
    }
}

/// <summary>How an admitted call ended, or that it has not yet: `l.outcome` in rules.</summary>
public enum CallOutcome
{
    /// <summary>Admitted, no answer yet.</summary>
    Pending,

    /// <summary>The tool answered.</summary>
    Ok,

    /// <summary>The tool answered with an error (`isError`, or a JSON-RPC error).</summary>
    Error,

    /// <summary>Nobody knows whether the call took effect: the answer was lost, cancelled or came too late.</summary>
    Unknown,
}

/// <summary>Where the call stands in the agent's and the proxy's traces (W3C Trace Context); empty strings where there is none.</summary>
public sealed record RequestTrace(string TraceId, string SpanId)
{
    public static RequestTrace None { get; } = new("", "");
}
