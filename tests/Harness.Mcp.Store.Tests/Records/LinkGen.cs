using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CsCheck;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Store.Tests.Records;

/// <summary>Any link of any kind, with strings and JSON that a hostile agent or backend would choose.</summary>
internal static class LinkGen
{
    private static readonly Gen<string> Hostile = Gen.OneOf(
        "", "\0", "\u001b[2J\u001b[31m", "\u202Eevil\u2066", "a\"b\\c\n\r\t", "\uFFFD", "\\uFFFD", "😀\uD83D\uDE00", "\u2028\u2029", "e\u0301", "</script>", "\u007f\u0085", "{\"v\":2}");

    public static readonly Gen<string> Text = Gen.Frequency(
        (3, Gen.String.Where(IsWellFormed)), (2, Hostile), (1, Gen.Select(Hostile, Hostile, (left, right) => left + right)));

    private static readonly Gen<string> Number = Gen.OneOf(
        Gen.Long.Select(number => number.ToString(CultureInfo.InvariantCulture)),
        Gen.Int[1, 400].Select(digits => new string('9', digits)),
        Gen.OneOf("-0", "0.10", "1E400", "1e-400", "1.0", "123456789012345678901234567890.000000000000000000001", "-0.0E+0"));

    /// <summary>JSON as text, with the white space and escapes of other writers.</summary>
    public static readonly Gen<string> JsonText = Gen.Recursive<string>((depth, json) =>
    {
        var scalar = Gen.OneOf(
            Number,
            Gen.OneOf("null", "true", "false", "\"\\ud800\"", "\"\\u0041\\/\"", "\" spaced  text \"", "\"\\\\\\\"\""),
            Text.Select(text => JsonSerializer.Serialize(text)));
        if (depth >= 6)
            return scalar;

        var space = Gen.OneOf("", " ", "\n\t ", "\r\n");
        var list = Gen.Select(json.Array[0, 3], space, (items, gap) => $"[{gap}{string.Join($"{gap},", items)}{gap}]");
        var map = Gen.Select(Gen.Select(Text, json).Array[0, 3], space, (entries, gap) =>
            $"{{{gap}{string.Join($",{gap}", entries.Select(entry => $"{JsonSerializer.Serialize(entry.Item1)}{gap}:{gap}{entry.Item2}"))}{gap}}}");
        return Gen.Frequency((2, scalar), (1, list), (1, map));
    });

    private static readonly Gen<JsonElement> Json = Gen.Frequency(
        (9, JsonText), (1, Gen.Int[1, 250].Select(depth => new string('[', depth) + new string(']', depth))))
        .Select(text => JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = 256 }));

    private static readonly Gen<Digest> Digests = Gen.Byte.Array[0, 8].Select(bytes => Digest.Of(bytes));

    private static readonly Gen<DateTimeOffset> Time = Gen.Long[0, DateTime.MaxValue.Ticks].Select(ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

    private static readonly Gen<CallId> Call = Gen.Guid.Select(id => new CallId(id));

    private static readonly Gen<AgentId> Agent = Text.Select(text => new AgentId(text));

    private static readonly Gen<ImmutableArray<string>> Texts = Text.Array[0, 3].Select(ImmutableArray.Create);

    private static readonly Gen<FieldPath> Path = Gen.OneOf("", "user", "owner.mail", "hosts[]", "users[].mail", "[]", "\u001b[0m".Replace("[", "", StringComparison.Ordinal))
        .Select(text => FieldPath.Parse(text)!);

    private static readonly Gen<RequestTrace> Trace = Gen.Select(Text, Text, (trace, span) => new RequestTrace(trace, span));

    private static readonly Gen<ToolFacts> Tool =
        from names in Gen.Select(Text, Text, Text)
        from effect in Gen.Enum<Effect>()
        from paths in Gen.Select(Path.Array[0, 2], Path.Array[0, 2])
        from whole in Texts
        from fields in Gen.Select(Path, Texts, (path, labels) => new FieldLabels(path, labels)).Array[0, 2]
        from sinks in Texts
        from definition in Digests
        select new ToolFacts
        {
            Id = new ToolId(new BackendId(names.Item1), names.Item2),
            Domain = names.Item3,
            Effect = effect,
            Targets = [.. paths.Item1],
            Content = [.. paths.Item2],
            Labels = new ResultLabels(whole, [.. fields]),
            Sinks = sinks,
            Definition = definition,
        };

    private static readonly Gen<Denial> Denials =
        from texts in Gen.Select(Text, Text, Text.Null(), Text.Null())
        from because in Gen.Long.Array[0, 8]
        from remaining in Gen.Long.Nullable()
        from retryAfter in Time.Nullable()
        from approval in Gen.Select(Gen.Long, Time, (request, expires) => new ApprovalNotice(request, expires)).Null()
        from allowedNext in Texts
        select new Denial(new ReasonCode(texts.Item1), texts.Item2)
        {
            Rule = texts.Item3 is null ? null : new RuleId(texts.Item3),
            Argument = texts.Item4,
            Because = [.. because],
            Remaining = remaining,
            RetryAfter = retryAfter,
            Approval = approval,
            AllowedNext = allowedNext,
        };

    private static readonly Gen<ImmutableArray<RecordedSource>> Sources =
        Gen.Select(Text, Json, (name, document) => new RecordedSource(name, document)).Array[0, 2].Select(ImmutableArray.Create);

    private static readonly Gen<ApprovalAsk> Asks = Gen.Select(Text, Text, Texts, (rule, why, by) => new ApprovalAsk(new RuleId(rule), why, by));

    private static readonly Gen<ObligationId> Obligation = Gen.Select(Text, Gen.Long, (rule, call) => new ObligationId(new RuleId(rule), call));

    private static readonly Gen<int> Rounds = Gen.Int[1, int.MaxValue];

    public static readonly Gen<LinkBody> Body = Gen.OneOf<LinkBody>(
        Gen.Select(Json, Json, Digests, Time, Text, Sources, (document, inputs, rules, expires, by, sources) =>
            (LinkBody)new LinkBody.MissionOpened(document, inputs, rules, expires, by) { Sources = sources }),
        Gen.Select(Sources, Digests, (sources, rules) => (LinkBody)new LinkBody.RulesTightened(sources, rules)),
        Gen.Select(Text, Text, (by, why) => (LinkBody)new LinkBody.MissionSuspended(by, why)),
        Gen.Select(Text, Text, (by, why) => (LinkBody)new LinkBody.MissionResumed(by, why)),
        Gen.Select(Text, Text, (by, why) => (LinkBody)new LinkBody.MissionCompleted(by, why)),
        Gen.Select(Text, Text, (by, why) => (LinkBody)new LinkBody.MissionRevoked(by, why)),
        Gen.Select(
            Gen.Select(Call, Agent, Tool, Json, Digests, Digests, Trace, (call, agent, tool, arguments, digest, rules, trace) =>
                new LinkBody.CallAdmitted(call, agent, tool, arguments, digest, rules, trace)),
            Gen.Long.Nullable(),
            Obligation.Nullable(),
            Denials.Array[0, 2],
            Gen.Int[0, 15],
            (admitted, approval, obligation, shadow, asks) =>
                (LinkBody)(admitted with { Approval = approval, Obligation = obligation, Shadow = [.. shadow], MayAsk = (AgentInputs)asks })),
        Gen.Select(Call, Rounds, Gen.Int[1, 15], Json, Texts, Time, Gen.Bool, (call, round, kinds, asked, labels, expires, isHeld) =>
            (LinkBody)new LinkBody.InputAsked(call, round, (AgentInputs)kinds, asked, labels, expires, isHeld)),
        Gen.Select(Call, Rounds, Json.Nullable(), Digests, Texts, (call, round, given, digest, labels) =>
            (LinkBody)new LinkBody.InputGiven(call, round, given, digest, labels)),
        Gen.Select(Call, Rounds, Denials, (call, round, denial) => (LinkBody)new LinkBody.InputRefused(call, round, denial)),
        Gen.Select(Call, Text, Time, Text.Null(), Texts, (call, task, expires, message, labels) => (LinkBody)new LinkBody.TaskOpened(call, task, expires, message, labels)),
        Gen.Select(Call, Time, Text.Null(), Texts, (call, expires, message, labels) => (LinkBody)new LinkBody.TaskReported(call, expires, message, labels)),
        Gen.Select(Obligation, Text, (obligation, why) => (LinkBody)new LinkBody.ObligationMissed(obligation, why)),
        Gen.Select(
            Gen.Select(Call, Agent, Tool, Json), Gen.Select(Digests, Asks.Array[0, 3], Gen.Long.Array[0, 8]), Time, Digests, Trace,
            (call, asked, expires, rules, trace) => (LinkBody)new LinkBody.ApprovalRequested(
                call.Item1, call.Item2, call.Item3, call.Item4, asked.Item1, [.. asked.Item2], [.. asked.Item3], expires, rules, trace)),
        Gen.Select(Gen.Long, Text, Text, (request, by, why) => (LinkBody)new LinkBody.ApprovalGranted(request, by, why)),
        Gen.Select(Gen.Long, Text, Text, (request, by, why) => (LinkBody)new LinkBody.ApprovalRefused(request, by, why)),
        Gen.Select(Call, Agent, Text, Tool.Null(), Json.Nullable(), Denials, Digests, Trace, (call, agent, asked, tool, arguments, denial, rules, trace) =>
            (LinkBody)new LinkBody.CallRefused(call, agent, asked, tool, arguments, denial, rules, trace)),
        Gen.Select(
            Gen.Select(Call, Gen.OneOf(CallOutcome.Ok, CallOutcome.Error, CallOutcome.Unknown), Json.Nullable(), Digests.Nullable(), Texts, Text.Null(),
                (call, outcome, result, digest, labels, error) => new LinkBody.CallSettled(call, outcome, result, digest, labels, error)),
            Text.Null(),
            Gen.Bool,
            (settled, text, isCut) => (LinkBody)(settled with { Text = text, IsCut = isCut })));

    public static readonly Gen<Link> Link = Gen.Select(
        Text, Gen.Long[1, long.MaxValue], Time, Digests, Body,
        (mission, version, time, previous, body) => new Link(new MissionId(mission), version, time, previous, body));

    private static bool IsWellFormed(string text)
    {
        for (var index = 0; index < text.Length; index++)
        {
            if (char.IsLowSurrogate(text[index]))
                return false;
            if (char.IsHighSurrogate(text[index]) && (++index == text.Length || !char.IsLowSurrogate(text[index])))
                return false;
        }

        return true;
    }
}
