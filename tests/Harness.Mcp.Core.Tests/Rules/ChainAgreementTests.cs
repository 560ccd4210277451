using CsCheck;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tests.Reference;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

/// <summary>Monitors must say exactly what CEL says of the whole list of links: on random expressions, chains and orders of settlement.</summary>
public class ChainAgreementTests
{
    private static readonly Gen<string> LinkValue = OneOf(
        "l.args.x", "l.args.x", "l.args.y", "l.result.z", "dyn(l.tool)", "l.args.x + 1", "dyn([l.args.x, l.args.y])", "dyn(l.labels)", "dyn(l.index)", "l.args");

    private static readonly Gen<string> CallValue = OneOf(
        "call.args.x", "call.args.x", "call.args.y", "dyn(call.tool)", "call.args.x + 0", "dyn([call.args.x, call.args.y])", "call.args", "dyn(size(call.args.list))",
        "mission.inputs.user + call.args.y", "dyn(chain.size())");

    private static readonly Gen<string> OfLink = Gen.OneOf(
        OneOf(
            "l.tool == \"crm/get\"", "l.effect == \"read\"", "l.args.x == 1", "l.args.x > 1", "l.result.ok", "\"secret\" in l.labels", "l.outcome == \"ok\"",
            "l.outcome == \"pending\"", "has(l.args.y)", "has(l.result.z)", "l.args.x == mission.inputs.m", "l.result.items.exists(i, i == 1)", "l.args.x", "true",
            "l.time > mission.opened + duration(\"200s\")", "mission.inputs.none == 1"),
        LinkValue.Select(value => $"{value} in mission.inputs.list"));

    private static readonly Gen<string> OfCall = OneOf(
        "call.args.flag", "call.tool == \"crm/get\"", "call.args.x > 1", "chain.size() > 3", "now > mission.opened + duration(\"5m\")", "agent.id == \"responder\"",
        "chain.exists(k, k.args.x == 2)");

    private static readonly Gen<string> Joined = Gen.OneOf(
        Gen.Select(LinkValue, CallValue, OneOf("==", "==", "==", "!="), (link, call, sign) => $"{link} {sign} {call}"),
        Gen.Select(LinkValue, CallValue, OneOf("==", "!="), (link, call, sign) => $"{call} {sign} {link}"),
        LinkValue.Select(link => $"{link} in call.args.list"),
        LinkValue.Select(link => $"{link} in [call.args.x, 2, call.args.y]"),
        LinkValue.Select(link => $"{link} in call.args"),
        CallValue.Select(call => $"{call} in l.result.items"),
        CallValue.Select(call => $"{call} in l.args"));

    private static readonly Gen<string> Aged = Gen.Select(
        OneOf("<", "<=", ">", ">="),
        OneOf("duration(\"60s\")", "duration(\"90s\")", "duration(\"3m\")", "duration(mission.inputs.w)", "duration(mission.inputs.none)", "duration(\"0s\")"),
        Gen.Int[0, 7],
        (sign, length, shape) => shape switch
        {
            0 => $"now - l.time {sign} {length}",
            1 => $"{length} {sign} now - l.time",
            2 => $"l.time {sign} now - {length}",
            3 => $"now {sign} l.time + {length}",
            4 => $"now - {length} {sign} l.time",
            5 => $"l.time - now {sign} {length}",
            6 => $"l.time + {length} {sign} now + duration(\"60s\")",
            _ => $"now - {length} {sign} l.time - duration(\"60s\")",
        });

    private static readonly Gen<string> Atom = Gen.Frequency((4, OfLink), (1, OfCall), (4, Joined), (2, Aged));

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    private static Gen<string> Condition(int depth) => depth == 0
        ? Atom
        : Gen.Frequency(
            (2, Atom),
            (4, Gen.Select(Condition(depth - 1), Condition(depth - 1), (left, right) => $"({left} && {right})")),
            (2, Gen.Select(Condition(depth - 1), Condition(depth - 1), (left, right) => $"({left} || {right})")),
            (2, Condition(depth - 1).Select(inner => $"!({inner})")),
            (1, Gen.Select(OfLink, Atom, Atom, (test, yes, no) => $"({test} ? {yes} : {no})")));

    private static readonly Gen<string> Question = Gen.Select(Gen.Int[0, 11], Condition(2), LinkValue, CallValue, Gen.Int[0, 4], (shape, where, link, call, count) => shape switch
    {
        0 or 1 => $"chain.exists(l, {where})",
        2 or 3 => $"chain.all(l, {where})",
        4 => $"chain.exists_one(l, {where})",
        5 or 6 => $"chain.filter(l, {where}).size() >= {count}",
        7 => $"size(chain.filter(l, {where})) == {count}",
        8 => $"chain.size() > {count}",
        9 => $"{call} in chain.map(l, {link})",
        10 => $"{call} in chain.filter(l, {where}).map(l, {link})",
        _ => $"!({call} in chain.map(l, {where}, {link}))",
    });

    internal static readonly Gen<string> Expression = Gen.Frequency(
        (4, Question),
        (1, Question.Select(one => $"!({one})")),
        (1, Gen.Select(Question, Question, (one, other) => $"{one} && {other}")),
        (1, Gen.Select(Question, OfCall, (one, other) => $"{other} || {one}")),
        (1, Gen.Select(Question, Question, OfCall, (one, other, test) => $"{test} ? {one} : {other}")));

    private static readonly Gen<string> Scalar = OneOf("1", "1", "2", "2", "1.0", "1.5", "\"a\"", "\"ada\"", "true", "null", "[1]", "{\"k\":1}");

    private static readonly Gen<string> Arguments = Gen.Select(
        Scalar, Scalar, OneOf("[]", "[1,2]", "[1,1.0,\"a\"]", "[\"ada\",true,null]", "3"), Gen.Bool, Gen.Int[0, 15],
        (x, y, list, flag, missing) =>
            "{" + string.Join(",", new[] { $"\"x\":{x}", $"\"y\":{y}", $"\"list\":{list}", $"\"flag\":{(flag ? "true" : "false")}" }.Where((_, one) => (missing >> one & 1) == 0 || missing < 8)) + "}");

    private static readonly Gen<string?> Result = Gen.Select(
        OneOf("true", "false", "7"), Scalar, OneOf("[]", "[1,2,1]", "[2,\"ada\"]", "{\"ada\":1}", "4"), Gen.Int[0, 9],
        (ok, z, items, shape) => shape switch
        {
            0 => null,
            1 => "\"text\"",
            2 => $$"""{"z":{{z}}}""",
            _ => $$"""{"ok":{{ok}},"z":{{z}},"items":{{items}}}""",
        });

    // Admit a call, settle one of the pending ones, or ask about a proposed one.
    internal static readonly Gen<Step> OneStep = Gen.Select(
        Gen.Int[0, 4], OneOf("crm/get", "crm/update", "mail/send"), Arguments, Result, Gen.Int[0, 3].Select(halves => halves * 30), Gen.Int[0, 100], Gen.Bool,
        (kind, tool, arguments, result, seconds, pick, isSecret) => new Step(kind, tool, arguments, result, seconds, pick, isSecret));

    internal sealed record Step(int Kind, string Tool, string Arguments, string? Result, int Seconds, int Pick, bool IsSecret);

    [Fact]
    public void Monitors_AgreeWithPlainCel_OnRandomExpressionsAndChains()
    {
        var compiled = 0;
        var refused = 0;
        var answers = new Answers();

        Gen.Select(Expression, OneStep.Array[1, 30]).Sample(
            (source, steps) =>
            {
                var rule = RuleExpression.Compile(source, new SourcePosition("random", 1, 1));
                if (!rule.IsValid)
                {
                    Interlocked.Increment(ref refused);
                    return rule.Problems.All(IsLimit);
                }

                Interlocked.Increment(ref compiled);
                Play(rule.Value, source, steps, answers);
                return true;
            },
            iter: Cases.Of(4_000),
            print: sample => $"{sample.Item1}\n{string.Join("\n", sample.Item2.AsEnumerable())}");

        Assert.True(compiled > 9 * refused, $"{compiled} expressions compiled, {refused} refused");
        var fewest = answers.Total / 10;
        Assert.True(answers.True > fewest && answers.False > fewest && answers.Error > fewest, $"too uniform to tell anything: {answers}");
    }

    // What the grammar above may run into: nothing but the documented bounds.
    private static bool IsLimit(Problem problem) =>
        problem.Message.Contains("alternatives", StringComparison.Ordinal) || problem.Message.Contains("at most", StringComparison.Ordinal);

    private sealed record Answers
    {
        private int _true;
        private int _false;
        private int _error;

        public int True => _true;

        public int False => _false;

        public int Error => _error;

        public int Total => _true + _false + _error;

        public void Add(string says) => Interlocked.Increment(ref says is "true" ? ref _true : ref says is "false" ? ref _false : ref _error);
    }

    private static void Play(RuleExpression rule, string source, Step[] steps, Answers answers)
    {
        var reference = ChainReference.Compile(source);
        var state = rule.NewState(ChainGiven.Mission);
        var settled = new List<ChainCall>();
        var pending = new List<ChainCall>();
        var seconds = 0;
        var version = 1L;

        foreach (var step in steps)
        {
            seconds += step.Seconds;
            if (step.Kind <= 1)
            {
                pending.Add(ChainGiven.Pending(version++, step.Tool, step.Arguments, seconds));
            }
            else if (step.Kind == 2 && pending.Count > 0)
            {
                var ended = pending[step.Pick % pending.Count];
                pending.Remove(ended);
                ended = ended with
                {
                    Result = step.Result is null ? null : ChainGiven.Json(step.Result),
                    Labels = step.IsSecret ? ["secret"] : [],
                    Outcome = step.Result is null ? CallOutcome.Unknown : CallOutcome.Ok,
                };
                settled.Add(ended);
                state.Settle(ended);
            }
            else
            {
                var call = ChainGiven.Call(step.Tool, step.Arguments, seconds);
                var expected = ChainReference.Evaluate(reference, call, settled.Concat(pending));
                var actual = state.Evaluate(call, pending);

                var says = actual.Error is null ? actual.Value ? "true" : "false" : "error";
                answers.Add(says);
                var should = expected.IsTrue ? "true" : expected.IsFalse ? "false" : "error";
                Assert.True(
                    string.Equals(says, should, StringComparison.Ordinal),
                    $"{says} ({actual.Error}), where CEL says {should} ({expected}), over {settled.Count} settled and {pending.Count} pending");
            }
        }
    }

    [Fact]
    public void Because_NamesLinksThatMadeTheMacroSo_OnRandomConditionsAndChains() =>
        Gen.Select(Condition(2), Gen.Bool, OneStep.Array[1, 40]).Sample(
            (where, isAll, steps) =>
            {
                var macro = isAll ? "all" : "exists";
                var rule = RuleExpression.Compile($"chain.{macro}(l, {where})", new SourcePosition("random", 1, 1));
                if (!rule.IsValid)
                    return;

                var state = rule.Value.NewState(ChainGiven.Mission);
                var chain = new List<ChainCall>();
                var seconds = 0;
                foreach (var step in steps)
                {
                    seconds += step.Seconds;
                    var link = ChainGiven.Link(chain.Count + 1, step.Tool, step.Arguments, step.Result, seconds, step.IsSecret ? ["secret"] : []);
                    chain.Add(link);
                    state.Settle(link);
                }

                var last = steps[^1];
                var call = ChainGiven.Call(last.Tool, last.Arguments, seconds);
                var answer = state.Evaluate(call, []);
                if (answer.Error is not null)
                    return;

                var decides = ChainReference.Compile($"chain.exists(l, l.index == at && {(isAll ? $"!({where})" : where)})");
                var causes = chain
                    .Where(link => ChainReference.Evaluate(decides, call, chain, link.Index).IsTrue)
                    .Select(link => link.Index)
                    .ToList();
                Assert.All(answer.Because, index => Assert.Contains(index, causes));
                Assert.Equal(causes.Count > 0, !answer.Because.IsEmpty);
                Assert.Equal(answer.Because.Distinct().Order(), answer.Because.AsEnumerable());
                Assert.True(answer.Because.Length <= 8);
                if (!where.Contains('!', StringComparison.Ordinal) && !isAll)
                    Assert.Equal(causes.TakeLast(8), answer.Because.AsEnumerable());
            },
            iter: 1_500);
}
