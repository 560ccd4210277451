using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Store.Records;

/// <summary>Reads record version 1. Nothing is guessed: what this program would not have written is a <see cref="FormatException"/>.</summary>
internal static class LinkReader
{
    public static Link Read(JsonElement value)
    {
        var record = new RecordFields(value, "");
        var recordVersion = record.Integer(Keys.RecordVersion);
        if (recordVersion != LinkCodec.RecordVersion)
            throw record.Wrong(Keys.RecordVersion, $"is {recordVersion}, and this program reads {LinkCodec.RecordVersion} only");

        var link = new Link(
            new MissionId(record.Text(Keys.Mission)),
            record.Integer(Keys.Version),
            record.Time(Keys.Time),
            record.Digest(Keys.Previous),
            Body(record));
        record.Done();
        if (link.Version < 1)
            throw record.Wrong(Keys.Version, "is below 1");
        return link;
    }

    private static LinkBody Body(RecordFields record)
    {
        var kind = record.Text(Keys.Kind);
        return kind switch
        {
            Kinds.MissionOpened => new LinkBody.MissionOpened(
                record.Required(Keys.Document),
                record.Required(Keys.Inputs),
                record.Digest(Keys.Rules),
                record.Time(Keys.ExpiresAt),
                record.Text(Keys.By))
            {
                Sources = record.OptionalList(Keys.Sources, (source, key) => Source(new RecordFields(source, key))),
            },
            Kinds.RulesTightened => new LinkBody.RulesTightened(
                record.List(Keys.Sources, (source, key) => Source(new RecordFields(source, key))), record.Digest(Keys.Rules)),
            Kinds.MissionSuspended => new LinkBody.MissionSuspended(record.Text(Keys.By), record.Text(Keys.Why)),
            Kinds.MissionResumed => new LinkBody.MissionResumed(record.Text(Keys.By), record.Text(Keys.Why)),
            Kinds.MissionCompleted => new LinkBody.MissionCompleted(record.Text(Keys.By), record.Text(Keys.Why)),
            Kinds.MissionRevoked => new LinkBody.MissionRevoked(record.Text(Keys.By), record.Text(Keys.Why)),
            Kinds.CallAdmitted => new LinkBody.CallAdmitted(
                new CallId(record.Id(Keys.Call)),
                new AgentId(record.Text(Keys.Agent)),
                Tool(record.Fields(Keys.Tool)),
                record.Required(Keys.Arguments),
                record.Digest(Keys.ArgumentsDigest),
                record.Digest(Keys.Rules),
                Trace(record.Fields(Keys.Trace)))
            {
                Shadow = record.OptionalList(Keys.Shadow, (denial, key) => Denial(new RecordFields(denial, key))),
                Approval = record.OptionalInteger(Keys.Approval),
                Obligation = record.Optional(Keys.Obligation) is { } kept ? Obligation(new RecordFields(kept, Keys.Obligation)) : null,
                MayAsk = Inputs(record, Keys.MayAsk, record.OptionalTexts(Keys.MayAsk)),
            },
            Kinds.CallRefused => new LinkBody.CallRefused(
                new CallId(record.Id(Keys.Call)),
                new AgentId(record.Text(Keys.Agent)),
                record.Text(Keys.AskedFor),
                record.Optional(Keys.Tool) is { } tool ? Tool(new RecordFields(tool, Keys.Tool)) : null,
                record.Optional(Keys.Arguments),
                Denial(record.Fields(Keys.Denial)),
                record.Digest(Keys.Rules),
                Trace(record.Fields(Keys.Trace))),
            Kinds.CallSettled => new LinkBody.CallSettled(
                new CallId(record.Id(Keys.Call)),
                OutcomeNames.Parse(record.Text(Keys.Outcome)) ?? throw record.Wrong(Keys.Outcome, "is not `ok`, `error` or `unknown`"),
                record.Optional(Keys.Result),
                record.OptionalDigest(Keys.ResultDigest),
                record.Texts(Keys.Labels),
                record.OptionalText(Keys.Error))
            {
                Text = record.OptionalText(Keys.Text),
                IsCut = record.Flag(Keys.Cut),
            },
            Kinds.InputAsked => new LinkBody.InputAsked(
                new CallId(record.Id(Keys.Call)),
                Round(record),
                Inputs(record, Keys.Inputs, record.Texts(Keys.Inputs)),
                record.Required(Keys.Asked),
                record.Texts(Keys.Labels),
                record.Time(Keys.ExpiresAt),
                record.Flag(Keys.Held)),
            Kinds.InputGiven => new LinkBody.InputGiven(
                new CallId(record.Id(Keys.Call)), Round(record), record.Optional(Keys.Given), record.Digest(Keys.GivenDigest), record.Texts(Keys.Labels)),
            Kinds.InputRefused => new LinkBody.InputRefused(new CallId(record.Id(Keys.Call)), Round(record), Denial(record.Fields(Keys.Denial))),
            Kinds.TaskOpened => new LinkBody.TaskOpened(
                new CallId(record.Id(Keys.Call)), record.Text(Keys.Task), record.Time(Keys.ExpiresAt), record.OptionalText(Keys.Message), record.Texts(Keys.Labels)),
            Kinds.TaskReported => new LinkBody.TaskReported(
                new CallId(record.Id(Keys.Call)), record.Time(Keys.ExpiresAt), record.OptionalText(Keys.Message), record.Texts(Keys.Labels)),
            Kinds.ApprovalRequested => new LinkBody.ApprovalRequested(
                new CallId(record.Id(Keys.Call)),
                new AgentId(record.Text(Keys.Agent)),
                Tool(record.Fields(Keys.Tool)),
                record.Required(Keys.Arguments),
                record.Digest(Keys.Binding),
                record.List(Keys.Asks, (ask, key) => Ask(new RecordFields(ask, key))),
                record.Integers(Keys.Because),
                record.Time(Keys.ExpiresAt),
                record.Digest(Keys.Rules),
                Trace(record.Fields(Keys.Trace))),
            Kinds.ApprovalGranted => new LinkBody.ApprovalGranted(record.Integer(Keys.Request), record.Text(Keys.By), record.Text(Keys.Why)),
            Kinds.ApprovalRefused => new LinkBody.ApprovalRefused(record.Integer(Keys.Request), record.Text(Keys.By), record.Text(Keys.Why)),
            Kinds.ObligationMissed => new LinkBody.ObligationMissed(Obligation(record.Fields(Keys.Obligation)), record.Text(Keys.Why)),
            _ => throw record.Wrong(Keys.Kind, "is not a kind of link that this program knows"),
        };
    }

    private static int Round(RecordFields record) => record.Integer(Keys.Round) is var round and >= 1 and <= int.MaxValue
        ? (int)round
        : throw record.Wrong(Keys.Round, "is not a number from 1");

    private static AgentInputs Inputs(RecordFields record, string key, ImmutableArray<string> names)
    {
        var inputs = AgentInputs.None;
        foreach (var name in names)
            inputs |= AgentInputNames.Parse(name) is var input && input != AgentInputs.None
                ? input
                : throw record.Wrong(key, "names what this program does not know");
        return inputs;
    }

    private static RecordedSource Source(RecordFields source)
    {
        var read = new RecordedSource(source.Text(Keys.Name), source.Required(Keys.Document));
        source.Done();
        return read;
    }

    private static ToolFacts Tool(RecordFields tool)
    {
        var facts = new ToolFacts
        {
            Id = new ToolId(new BackendId(tool.Text(Keys.Backend)), tool.Text(Keys.Name)),
            Domain = tool.Text(Keys.Domain),
            Effect = EffectOf(tool),
            Targets = tool.Paths(Keys.Targets),
            Content = tool.Paths(Keys.Content),
            Labels = new ResultLabels(tool.Texts(Keys.Labels), tool.List(Keys.FieldLabels, (field, key) => LabelsOf(new RecordFields(field, tool.PathOf(key))))),
            Sinks = tool.Texts(Keys.Sinks),
            Definition = tool.Digest(Keys.Definition),
        };
        tool.Done();
        return facts;
    }

    private static Effect EffectOf(RecordFields tool)
    {
        var name = tool.Text(Keys.Effect);
        return string.Equals(name, EffectNames.Write(Effect.Unknown), StringComparison.Ordinal)
            ? Effect.Unknown
            : EffectNames.Parse(name) ?? throw tool.Wrong(Keys.Effect, "is not an effect that this program knows");
    }

    private static FieldLabels LabelsOf(RecordFields field)
    {
        var labels = new FieldLabels(field.FieldPath(Keys.Path), field.Texts(Keys.Labels));
        field.Done();
        return labels;
    }

    private static Denial Denial(RecordFields denial)
    {
        var read = new Denial(new ReasonCode(denial.Text(Keys.Reason)), denial.Text(Keys.Say))
        {
            Rule = denial.OptionalText(Keys.Rule) is { } rule ? new RuleId(rule) : null,
            Argument = denial.OptionalText(Keys.Argument),
            Because = denial.Integers(Keys.Because),
            Remaining = denial.OptionalInteger(Keys.Remaining),
            RetryAfter = denial.OptionalTime(Keys.RetryAfter),
            Approval = denial.Optional(Keys.Approval) is { } notice ? Notice(new RecordFields(notice, denial.PathOf(Keys.Approval))) : null,
            AllowedNext = denial.Texts(Keys.AllowedNext),
        };
        denial.Done();
        return read;
    }

    private static ApprovalNotice Notice(RecordFields notice)
    {
        var read = new ApprovalNotice(notice.Integer(Keys.Request), notice.Time(Keys.ExpiresAt));
        notice.Done();
        return read;
    }

    private static ApprovalAsk Ask(RecordFields ask)
    {
        var read = new ApprovalAsk(new RuleId(ask.Text(Keys.Rule)), ask.Text(Keys.Why), ask.Texts(Keys.By));
        ask.Done();
        return read;
    }

    private static ObligationId Obligation(RecordFields obligation)
    {
        var read = new ObligationId(new RuleId(obligation.Text(Keys.Rule)), obligation.Integer(Keys.Call));
        obligation.Done();
        return read;
    }

    private static RequestTrace Trace(RecordFields trace)
    {
        var read = new RequestTrace(trace.Text(Keys.TraceId), trace.Text(Keys.SpanId));
        trace.Done();
        return read;
    }
}
