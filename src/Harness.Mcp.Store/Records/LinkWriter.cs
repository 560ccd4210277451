using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Store.Records;

/// <summary>Writes record version 1. Keys stand in a fixed order, absent values leave no key: equal links give equal bytes.</summary>
internal static class LinkWriter
{
    /// <summary>Arguments stand one level inside the record, a result likewise: what is left of the record's depth.</summary>
    private const int PayloadDepthMax = LinkCodec.DepthMax - 1;

    /// <summary>A source's document stands in an object of a list.</summary>
    private const int SourceDepthMax = LinkCodec.DepthMax - 3;

    private const int TimeLengthMax = 40;

    public static void Write(Utf8JsonWriter writer, Link link)
    {
        writer.WriteStartObject();
        writer.WriteNumber(Keys.RecordVersion, LinkCodec.RecordVersion);
        Text(writer, Keys.Mission, link.Mission.Value);
        writer.WriteNumber(Keys.Version, link.Version);
        Time(writer, Keys.Time, link.Time);
        Digest(writer, Keys.Previous, link.Previous);
        Body(writer, link.Body);
        writer.WriteEndObject();
    }

    private static void Body(Utf8JsonWriter writer, LinkBody body)
    {
        switch (body)
        {
            case LinkBody.MissionOpened opened:
                Text(writer, Keys.Kind, Kinds.MissionOpened);
                RawJson.Write(writer, Keys.Document, opened.Document, PayloadDepthMax);
                RawJson.Write(writer, Keys.Inputs, opened.Inputs, PayloadDepthMax);
                Digest(writer, Keys.Rules, opened.Rules);
                Time(writer, Keys.ExpiresAt, opened.ExpiresAt);
                Text(writer, Keys.By, opened.By);
                if (!opened.Sources.IsEmpty)
                    Sources(writer, opened.Sources);
                break;
            case LinkBody.RulesTightened tightened:
                Text(writer, Keys.Kind, Kinds.RulesTightened);
                Sources(writer, tightened.Sources);
                Digest(writer, Keys.Rules, tightened.Rules);
                break;
            case LinkBody.MissionSuspended(var by, var why):
                Command(writer, Kinds.MissionSuspended, by, why);
                break;
            case LinkBody.MissionResumed(var by, var why):
                Command(writer, Kinds.MissionResumed, by, why);
                break;
            case LinkBody.MissionCompleted(var by, var why):
                Command(writer, Kinds.MissionCompleted, by, why);
                break;
            case LinkBody.MissionRevoked(var by, var why):
                Command(writer, Kinds.MissionRevoked, by, why);
                break;
            case LinkBody.CallAdmitted admitted:
                Admitted(writer, admitted);
                break;
            case LinkBody.CallRefused refused:
                Refused(writer, refused);
                break;
            case LinkBody.CallSettled settled:
                Settled(writer, settled);
                break;
            case LinkBody.InputAsked asked:
                InputAsked(writer, asked);
                break;
            case LinkBody.InputGiven given:
                InputGiven(writer, given);
                break;
            case LinkBody.InputRefused unanswered:
                Text(writer, Keys.Kind, Kinds.InputRefused);
                writer.WriteString(Keys.Call, unanswered.Call.Value);
                writer.WriteNumber(Keys.Round, unanswered.Round);
                writer.WritePropertyName(Keys.Denial);
                Denial(writer, unanswered.Denial);
                break;
            case LinkBody.TaskOpened opened:
                Text(writer, Keys.Kind, Kinds.TaskOpened);
                writer.WriteString(Keys.Call, opened.Call.Value);
                Text(writer, Keys.Task, opened.Task);
                Report(writer, opened.ExpiresAt, opened.Message, opened.Labels);
                break;
            case LinkBody.TaskReported reported:
                Text(writer, Keys.Kind, Kinds.TaskReported);
                writer.WriteString(Keys.Call, reported.Call.Value);
                Report(writer, reported.ExpiresAt, reported.Message, reported.Labels);
                break;
            case LinkBody.ObligationMissed(var missed, var why):
                Text(writer, Keys.Kind, Kinds.ObligationMissed);
                Obligation(writer, missed);
                Text(writer, Keys.Why, why);
                break;
            case LinkBody.ApprovalRequested asked:
                Asked(writer, asked);
                break;
            case LinkBody.ApprovalGranted(var request, var by, var why):
                Answered(writer, Kinds.ApprovalGranted, request, by, why);
                break;
            case LinkBody.ApprovalRefused(var request, var by, var why):
                Answered(writer, Kinds.ApprovalRefused, request, by, why);
                break;
            default:
                throw new UnreachableException($"No record for {body.GetType().Name}.");
        }
    }

    private static void Sources(Utf8JsonWriter writer, ImmutableArray<RecordedSource> sources)
    {
        writer.WriteStartArray(Keys.Sources);
        foreach (var source in sources)
        {
            writer.WriteStartObject();
            Text(writer, Keys.Name, source.Name);
            RawJson.Write(writer, Keys.Document, source.Document, SourceDepthMax);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Command(Utf8JsonWriter writer, string kind, string by, string why)
    {
        Text(writer, Keys.Kind, kind);
        Text(writer, Keys.By, by);
        Text(writer, Keys.Why, why);
    }

    private static void Admitted(Utf8JsonWriter writer, LinkBody.CallAdmitted admitted)
    {
        Text(writer, Keys.Kind, Kinds.CallAdmitted);
        writer.WriteString(Keys.Call, admitted.Call.Value);
        Text(writer, Keys.Agent, admitted.Agent.Value);
        Tool(writer, admitted.Tool);
        RawJson.Write(writer, Keys.Arguments, admitted.Arguments, PayloadDepthMax);
        Digest(writer, Keys.ArgumentsDigest, admitted.ArgumentsDigest);
        Digest(writer, Keys.Rules, admitted.Rules);
        Trace(writer, admitted.Trace);
        if (admitted.Approval is { } approval)
            writer.WriteNumber(Keys.Approval, approval);
        if (admitted.Obligation is { } obligation)
            Obligation(writer, obligation);
        if (admitted.MayAsk != AgentInputs.None)
            Texts(writer, Keys.MayAsk, AgentInputNames.Write(admitted.MayAsk));
        if (admitted.Shadow.IsEmpty)
            return;

        writer.WriteStartArray(Keys.Shadow);
        foreach (var denial in admitted.Shadow)
            Denial(writer, denial);
        writer.WriteEndArray();
    }

    private static void Refused(Utf8JsonWriter writer, LinkBody.CallRefused refused)
    {
        Text(writer, Keys.Kind, Kinds.CallRefused);
        writer.WriteString(Keys.Call, refused.Call.Value);
        Text(writer, Keys.Agent, refused.Agent.Value);
        Text(writer, Keys.AskedFor, refused.AskedFor);
        if (refused.Tool is { } tool)
            Tool(writer, tool);
        if (refused.Arguments is { } arguments)
            RawJson.Write(writer, Keys.Arguments, arguments, PayloadDepthMax);
        writer.WritePropertyName(Keys.Denial);
        Denial(writer, refused.Denial);
        Digest(writer, Keys.Rules, refused.Rules);
        Trace(writer, refused.Trace);
    }

    private static void Settled(Utf8JsonWriter writer, LinkBody.CallSettled settled)
    {
        Text(writer, Keys.Kind, Kinds.CallSettled);
        writer.WriteString(Keys.Call, settled.Call.Value);
        Text(writer, Keys.Outcome, OutcomeNames.Write(settled.Outcome));
        if (settled.Result is { } result)
            RawJson.Write(writer, Keys.Result, result, PayloadDepthMax);
        if (settled.ResultDigest is { } digest)
            Digest(writer, Keys.ResultDigest, digest);
        Texts(writer, Keys.Labels, settled.Labels);
        if (settled.Error is { } error)
            Text(writer, Keys.Error, error);
        if (settled.Text is { } text)
            Text(writer, Keys.Text, text);
        if (settled.IsCut)
            writer.WriteBoolean(Keys.Cut, true);
    }

    private static void InputAsked(Utf8JsonWriter writer, LinkBody.InputAsked asked)
    {
        Text(writer, Keys.Kind, Kinds.InputAsked);
        writer.WriteString(Keys.Call, asked.Call.Value);
        writer.WriteNumber(Keys.Round, asked.Round);
        Texts(writer, Keys.Inputs, AgentInputNames.Write(asked.Kinds));
        RawJson.Write(writer, Keys.Asked, asked.Asked, PayloadDepthMax);
        Texts(writer, Keys.Labels, asked.Labels);
        Time(writer, Keys.ExpiresAt, asked.ExpiresAt);
        if (asked.IsHeld)
            writer.WriteBoolean(Keys.Held, true);
    }

    private static void InputGiven(Utf8JsonWriter writer, LinkBody.InputGiven given)
    {
        Text(writer, Keys.Kind, Kinds.InputGiven);
        writer.WriteString(Keys.Call, given.Call.Value);
        writer.WriteNumber(Keys.Round, given.Round);
        if (given.Given is { } value)
            RawJson.Write(writer, Keys.Given, value, PayloadDepthMax);
        Digest(writer, Keys.GivenDigest, given.GivenDigest);
        Texts(writer, Keys.Labels, given.Labels);
    }

    private static void Report(Utf8JsonWriter writer, DateTimeOffset expiresAt, string? message, ImmutableArray<string> labels)
    {
        Time(writer, Keys.ExpiresAt, expiresAt);
        if (message is not null)
            Text(writer, Keys.Message, message);
        Texts(writer, Keys.Labels, labels);
    }

    private static void Asked(Utf8JsonWriter writer, LinkBody.ApprovalRequested asked)
    {
        Text(writer, Keys.Kind, Kinds.ApprovalRequested);
        writer.WriteString(Keys.Call, asked.Call.Value);
        Text(writer, Keys.Agent, asked.Agent.Value);
        Tool(writer, asked.Tool);
        RawJson.Write(writer, Keys.Arguments, asked.Arguments, PayloadDepthMax);
        Digest(writer, Keys.Binding, asked.Binding);
        writer.WriteStartArray(Keys.Asks);
        foreach (var ask in asked.Asks)
        {
            writer.WriteStartObject();
            Text(writer, Keys.Rule, ask.Rule.Value);
            Text(writer, Keys.Why, ask.Why);
            Texts(writer, Keys.By, ask.By);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        Integers(writer, Keys.Because, asked.Because);
        Time(writer, Keys.ExpiresAt, asked.ExpiresAt);
        Digest(writer, Keys.Rules, asked.Rules);
        Trace(writer, asked.Trace);
    }

    private static void Answered(Utf8JsonWriter writer, string kind, long request, string by, string why)
    {
        Text(writer, Keys.Kind, kind);
        writer.WriteNumber(Keys.Request, request);
        Text(writer, Keys.By, by);
        Text(writer, Keys.Why, why);
    }

    private static void Obligation(Utf8JsonWriter writer, ObligationId obligation)
    {
        writer.WriteStartObject(Keys.Obligation);
        Text(writer, Keys.Rule, obligation.Rule.Value);
        writer.WriteNumber(Keys.Call, obligation.Call);
        writer.WriteEndObject();
    }

    private static void Tool(Utf8JsonWriter writer, ToolFacts tool)
    {
        writer.WriteStartObject(Keys.Tool);
        Text(writer, Keys.Backend, tool.Id.Backend.Value);
        Text(writer, Keys.Name, tool.Id.Name);
        Text(writer, Keys.Domain, tool.Domain);
        Text(writer, Keys.Effect, EffectNames.Write(tool.Effect));
        Paths(writer, Keys.Targets, tool.Targets);
        Paths(writer, Keys.Content, tool.Content);
        Texts(writer, Keys.Labels, tool.Labels.Whole);
        writer.WriteStartArray(Keys.FieldLabels);
        foreach (var field in tool.Labels.Fields)
        {
            writer.WriteStartObject();
            Text(writer, Keys.Path, field.Path.Text);
            Texts(writer, Keys.Labels, field.Labels);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        Texts(writer, Keys.Sinks, tool.Sinks);
        Digest(writer, Keys.Definition, tool.Definition);
        writer.WriteEndObject();
    }

    private static void Denial(Utf8JsonWriter writer, Denial denial)
    {
        writer.WriteStartObject();
        Text(writer, Keys.Reason, denial.Reason.Value);
        Text(writer, Keys.Say, denial.Say);
        if (denial.Rule is { } rule)
            Text(writer, Keys.Rule, rule.Value);
        if (denial.Argument is { } argument)
            Text(writer, Keys.Argument, argument);
        Integers(writer, Keys.Because, denial.Because);
        if (denial.Remaining is { } remaining)
            writer.WriteNumber(Keys.Remaining, remaining);
        if (denial.RetryAfter is { } retryAfter)
            Time(writer, Keys.RetryAfter, retryAfter);
        if (denial.Approval is var (request, expiresAt))
        {
            writer.WriteStartObject(Keys.Approval);
            writer.WriteNumber(Keys.Request, request);
            Time(writer, Keys.ExpiresAt, expiresAt);
            writer.WriteEndObject();
        }

        Texts(writer, Keys.AllowedNext, denial.AllowedNext);
        writer.WriteEndObject();
    }

    private static void Trace(Utf8JsonWriter writer, RequestTrace trace)
    {
        writer.WriteStartObject(Keys.Trace);
        Text(writer, Keys.TraceId, trace.TraceId);
        Text(writer, Keys.SpanId, trace.SpanId);
        writer.WriteEndObject();
    }

    private static void Paths(Utf8JsonWriter writer, string key, ImmutableArray<FieldPath> paths)
    {
        writer.WriteStartArray(key);
        foreach (var path in paths)
            writer.WriteStringValue(path.Text);
        writer.WriteEndArray();
    }

    private static void Integers(Utf8JsonWriter writer, string key, ImmutableArray<long> numbers)
    {
        writer.WriteStartArray(key);
        foreach (var number in numbers)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }

    private static void Texts(Utf8JsonWriter writer, string key, ImmutableArray<string> texts)
    {
        writer.WriteStartArray(key);
        foreach (var text in texts)
            writer.WriteStringValue(text ?? throw Missing(key));
        writer.WriteEndArray();
    }

    private static void Digest(Utf8JsonWriter writer, string key, Digest digest)
    {
        if (digest.Value is null || !Core.Json.Digest.TryParse(digest.Value, out _))
            throw new ArgumentException($"`{key}` of the link is not a digest.", nameof(digest));
        writer.WriteString(key, digest.Value);
    }

    private static void Time(Utf8JsonWriter writer, string key, DateTimeOffset time)
    {
        Span<char> text = stackalloc char[TimeLengthMax];
        if (!time.UtcDateTime.TryFormat(text, out var length, Keys.TimeFormat, CultureInfo.InvariantCulture))
            throw new UnreachableException("A time is longer than its format.");
        writer.WriteString(key, text[..length]);
    }

    private static void Text(Utf8JsonWriter writer, string key, string text) => writer.WriteString(key, text ?? throw Missing(key));

    private static ArgumentException Missing(string key) => new($"`{key}` of the link has no value.", key);
}
