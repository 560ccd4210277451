using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Harness.Mcp.Core.Decisions;

namespace Harness.Mcp.Proxy.Telemetry;

/// <summary>
/// The product's activity source and meter, and the names on them. Attribute names of OpenTelemetry's MCP and GenAI conventions
/// first, `harness.*` for what no convention has. A released name is a promise.
/// </summary>
public static class HarnessTelemetry
{
    public const string Name = "Harness.Mcp";

    public static readonly ActivitySource Source = new(Name);

    public static readonly Meter Meter = new(Name);

    /// <summary>Seconds; the buckets that OpenTelemetry's MCP conventions name.</summary>
    private static readonly double[] DurationBuckets = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

    public static readonly Histogram<double> ServerDuration = Meter.CreateHistogram(
        "mcp.server.operation.duration", "s", "Duration of an agent's request, from its arrival to its answer.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBuckets });

    public static readonly Histogram<double> ClientDuration = Meter.CreateHistogram(
        "mcp.client.operation.duration", "s", "Duration of a request to a backend.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBuckets });

    /// <summary>Of the `initialize` era alone: later revisions know no session.</summary>
    public static readonly Histogram<double> ServerSessionDuration = Meter.CreateHistogram(
        "mcp.server.session.duration", "s", "Duration of an agent's session, from its handshake to its end.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBuckets });

    /// <inheritdoc cref="ServerSessionDuration"/>
    public static readonly Histogram<double> ClientSessionDuration = Meter.CreateHistogram(
        "mcp.client.session.duration", "s", "Duration of a session with a backend, from its handshake to its end.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBuckets });

    public static readonly Counter<long> Decisions = Meter.CreateCounter<long>(
        "harness.decisions", "{decision}", "Decisions, by outcome and reason code.");

    public static readonly Counter<long> ShadowDenials = Meter.CreateCounter<long>(
        "harness.shadow.denials", "{denial}", "Denials of rules in shadow, which had no effect, by rule and reason code.");

    /// <summary>Writes on the span of a permitted call what rules in shadow would have denied it with: one event for each.</summary>
    internal static void MarkShadow(Activity? decision, ImmutableArray<Denial> shadow)
    {
        foreach (var denial in shadow)
        {
            ShadowDenials.Add(
                1,
                new KeyValuePair<string, object?>(Tags.ShadowRule, denial.Rule?.Value ?? "none"),
                new KeyValuePair<string, object?>(Tags.ShadowReason, denial.Reason.Value));
            decision?.AddEvent(new ActivityEvent("harness.shadow.denial", tags: new ActivityTagsCollection
            {
                { Tags.ShadowRule, denial.Rule?.Value },
                { Tags.ShadowReason, denial.Reason.Value },
                { Tags.ShadowBecause, denial.Because.ToArray() },
            }));
        }

        decision?.SetTag(Tags.ShadowRules, shadow.Select(denial => denial.Rule?.Value ?? "none").ToArray());
    }

    /// <summary>`permit`, `escalate` or `deny`.</summary>
    internal static string OutcomeOf(Denial? denial) => denial is null ? "permit" : denial.Reason == ReasonCode.ApprovalRequired ? "escalate" : "deny";

    /// <summary>Writes a decision on its span: null for a permit.</summary>
    internal static void MarkDecision(Activity decision, Denial? denial)
    {
        decision.SetTag(Tags.Outcome, OutcomeOf(denial));
        if (denial is null)
            return;

        decision.SetTag(Tags.Reason, denial.Reason.Value);
        if (denial.Rule is { } rule)
            decision.SetTag(Tags.Rule, rule.Value);
        if (!denial.Because.IsEmpty)
            decision.SetTag(Tags.Because, denial.Because.ToArray());
        if (denial.Approval is { } approval)
            decision.SetTag(Tags.Approval, approval.Request);
    }

    /// <summary>
    /// Marks a request that was answered by a denial. The status text is our reason code, never the message: a message can carry
    /// what an agent or a backend wrote.
    /// </summary>
    /// <param name="wasPermitted">The decision was a permit, and only the answer is missing: the backend failed, or the record of it.</param>
    internal static void MarkDenied(Activity? request, Denial denial, bool wasPermitted)
    {
        if (request is null)
            return;

        MarkDecision(request, denial);
        if (wasPermitted)
            request.SetTag(Tags.Outcome, "permit");
        request.SetTag(Tags.ErrorType, "tool_error");
        request.SetStatus(ActivityStatusCode.Error, denial.Reason.Value);
    }

    /// <summary>Names of attributes.</summary>
    public static class Tags
    {
        public const string Method = "mcp.method.name";
        public const string ProtocolVersion = "mcp.protocol.version";
        public const string SessionId = "mcp.session.id";
        public const string RequestId = "jsonrpc.request.id";
        public const string Tool = "gen_ai.tool.name";
        public const string Operation = "gen_ai.operation.name";
        public const string ErrorType = "error.type";
        public const string StatusCode = "rpc.response.status_code";
        public const string Transport = "network.transport";
        public const string Protocol = "network.protocol.name";
        public const string HttpVersion = "network.protocol.version";
        public const string ServerAddress = "server.address";
        public const string ServerPort = "server.port";
        public const string ClientAddress = "client.address";
        public const string ClientPort = "client.port";
        public const string Arguments = "gen_ai.tool.call.arguments";
        public const string Result = "gen_ai.tool.call.result";

        public const string Mission = "harness.mission.id";
        public const string MissionName = "harness.mission.name";
        public const string Agent = "harness.agent.id";
        public const string Backend = "harness.backend.id";
        public const string CallId = "harness.call.id";
        public const string ChainVersion = "harness.chain.version";
        public const string LinkDigest = "harness.link.digest";
        public const string Outcome = "harness.decision.outcome";
        public const string Reason = "harness.decision.reason";
        public const string Rule = "harness.rule.id";
        public const string Because = "harness.decision.because";
        public const string ShadowRules = "harness.shadow.rules";
        public const string ShadowRule = "harness.shadow.rule";
        public const string ShadowReason = "harness.shadow.reason";
        public const string ShadowBecause = "harness.shadow.because";
        public const string Approval = "harness.approval.request";
        public const string RulesDigest = "harness.rules.digest";
        public const string DefinitionDigest = "harness.tool.definition_digest";
        public const string AskKinds = "harness.ask.kinds";
        public const string AskRound = "harness.ask.round";
        public const string AskOutcome = "harness.ask.outcome";
        public const string ArgumentsDigest = "harness.call.arguments_digest";
    }
}
