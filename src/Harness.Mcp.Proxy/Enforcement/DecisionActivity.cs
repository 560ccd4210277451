using System.Diagnostics;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Telemetry;
using Harness.Mcp.Store;
using Tags = Harness.Mcp.Proxy.Telemetry.HarnessTelemetry.Tags;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>
/// The span of one decision, `authorize {tool}`, a child of the agent's request. It ends when the decision is durable, and the
/// request's span then links to the mission's call before, so that an auditor walks the chain in any trace viewer.
/// </summary>
internal readonly struct DecisionActivity : IDisposable
{
    /// <summary>Stands for tool names that the catalog does not know: an agent must not choose span names.</summary>
    private const string UnknownTool = "_OTHER";

    /// <summary>Longest argument or result text on a span, in characters; the chain has the rest.</summary>
    private const int ValueLengthMax = 32 * 1024;

    private readonly Activity? _decision;
    private readonly Activity? _request;
    private readonly bool _tracesValues;

    private DecisionActivity(Activity? decision, Activity? request, bool tracesValues) =>
        (_decision, _request, _tracesValues) = (decision, request, tracesValues);

    /// <param name="tracesValues">Whether the request's span may hold the call's arguments and result.</param>
    public static DecisionActivity Start(ProposedCall proposed, bool tracesValues)
    {
        var request = Activity.Current;
        var tool = proposed.Tool?.ExposedName ?? UnknownTool;
        var decision = HarnessTelemetry.Source.HasListeners() ? HarnessTelemetry.Source.StartActivity($"authorize {tool}", ActivityKind.Internal) : null;

        if (decision is not null)
        {
            decision.SetTag(Tags.Tool, tool);
            decision.SetTag(Tags.ArgumentsDigest, proposed.ArgumentsDigest.Value);
        }

        foreach (var activity in (ReadOnlySpan<Activity?>)[decision, request])
        {
            if (activity is null)
                continue;
            activity.SetTag(Tags.Mission, proposed.Asked.Mission.Value);
            activity.SetTag(Tags.Agent, proposed.Asked.Agent.Id.Value);
            activity.SetTag(Tags.CallId, proposed.Id.ToString());
            if (proposed.Tool is not null)
            {
                activity.SetTag(Tags.Backend, proposed.Facts.Id.Backend.Value);
                activity.SetTag(Tags.DefinitionDigest, proposed.Facts.Definition.Value);
            }
        }

        if (tracesValues)
            request?.SetTag(Tags.Arguments, TextOf(proposed.Arguments));
        return new DecisionActivity(decision, request, tracesValues);
    }

    /// <summary>The decision is on the chain as <paramref name="link"/>.</summary>
    /// <param name="denial">Why the call is not forwarded; null for one that is.</param>
    public void Ended(SealedLink link, string? missionName, Denial? denial, RequestTrace previous)
    {
        Count(denial);

        foreach (var activity in (ReadOnlySpan<Activity?>)[_decision, _request])
        {
            if (activity is null)
                continue;
            activity.SetTag(Tags.MissionName, missionName);
            activity.SetTag(Tags.ChainVersion, link.Link.Version);
            activity.SetTag(Tags.LinkDigest, link.Digest.Value);
        }

        if (_decision is not null)
        {
            var rules = link.Link.Body switch
            {
                LinkBody.CallAdmitted admitted => admitted.Rules.Value,
                LinkBody.CallRefused refused => refused.Rules.Value,
                LinkBody.ApprovalRequested asked => asked.Rules.Value,
                _ => null,
            };
            _decision.SetTag(Tags.RulesDigest, rules);
            if (link.Link.Body is LinkBody.CallAdmitted { Approval: { } approval })
                _decision.SetTag(Tags.Approval, approval);
            HarnessTelemetry.MarkDecision(_decision, denial);
        }

        if (link.Link.Body is LinkBody.CallAdmitted { Shadow: { IsEmpty: false } shadow })
            HarnessTelemetry.MarkShadow(_decision, shadow);

        if (previous != RequestTrace.None)
            _request?.AddLink(new ActivityLink(
                new ActivityContext(
                    ActivityTraceId.CreateFromString(previous.TraceId), ActivitySpanId.CreateFromString(previous.SpanId), ActivityTraceFlags.Recorded, isRemote: true),
                new ActivityTagsCollection { { Tags.ChainVersion, link.Link.Version } }));
        _decision?.Stop();
    }

    /// <summary>There is no link: the decision could not be made or recorded, or an earlier link says it.</summary>
    public void Ended(Denial denial)
    {
        Count(denial);
        if (_decision is not null)
            HarnessTelemetry.MarkDecision(_decision, denial);
        _decision?.Stop();
    }

    /// <summary>The backend answered, and the agent gets what it said.</summary>
    public void Answered(CallAnswer answer)
    {
        if (_tracesValues)
            _request?.SetTag(Tags.Result, TextOf(answer is CallAnswer.Error(var error) ? error : ((CallAnswer.Result)answer).Value));
    }

    public void Dispose() => _decision?.Dispose();

    private static string TextOf(JsonElement value)
    {
        // People read spans: what is invisible or drives a terminal is spelled out.
        var text = VisibleText.EscapeProse(value.GetRawText());
        return text.Length <= ValueLengthMax ? text : text[..ValueLengthMax];
    }

    private static void Count(Denial? denial) => HarnessTelemetry.Decisions.Add(
        1,
        new KeyValuePair<string, object?>(Tags.Outcome, HarnessTelemetry.OutcomeOf(denial)),
        new KeyValuePair<string, object?>(Tags.Reason, denial?.Reason.Value ?? "none"));
}
