using CsCheck;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;

namespace Harness.Mcp.Core.Tests.Reference;

/// <summary>Random missions over four tools, and random steps of a chain under them.</summary>
internal static class MissionGen
{
    public static readonly ToolFacts[] Tools =
    [
        Tool.Read("a/open"), Tool.Read("a/get", "personal"), Tool.Write("a/set").On("user"), Tool.Send("b/send").On("client"),
        Tool.Read("a/wild", "untrusted"),
    ];

    private static readonly Gen<string> Selector = OneOf("a/open", "a/get", "a/set", "b/send", "\"a/*\"", "\"effect:write\"", "\"effect:read\"", "\"domain:b\"");

    private static readonly Gen<string> Argument = OneOf("user", "amount", "client");

    private static readonly Gen<string> Same = OneOf("", ", same: [user]", ", same: [client]", ", same: [user, client]");

    private static readonly Gen<string> Condition = OneOf(
        "has(call.args.user)", "call.args.user == \"u1\"", "call.args.amount > 1", "call.tool != \"a/set\"", "chain.size() < 4",
        "chain.exists(l, l.tool == \"a/get\" && l.outcome == \"ok\")", "chain.exists(l, has(l.args.user) && l.args.user == call.args.user)",
        "chain.filter(l, l.effect == \"read\" && now - l.time < duration(\"15s\")).size() < 2", "!chain.exists(l, \"personal\" in l.labels)",
        "chain.all(l, l.outcome != \"error\")", "chain.exists(l, l.result.user == call.args.user)");

    private static readonly Gen<string> Form = Gen.OneOf(
        Gen.Select(Selector, Same, OneOf("", ", within: 10s", ", within: 30s"), (tool, same, within) => $"before: {{ tools: [{tool}]{same}{within} }}"),
        Gen.Select(Selector, Same, (tool, same) => $"never-after: {{ tools: [{tool}]{same} }}"),
        Gen.Select(Gen.Int[1, 4], OneOf("", ", per: call.args.user", ", per: call.args.client"), (max, per) => $"budget: {{ max: {max}{per} }}"),
        Gen.Select(Gen.Int[1, 3], Argument, OneOf("", ", per: call.args.client"), (max, of, per) => $"budget: {{ distinct: call.args.{of}, max: {max}{per} }}"),
        Gen.Select(Gen.Int[1, 6], OneOf("", ", per: call.args.user"), (max, per) => $"budget: {{ sum: call.args.amount, max: {max}{per} }}"),
        Gen.Select(Gen.Int[1, 3], OneOf("5s", "20s"), (max, per) => $"window: {{ max: {max}, per: {per} }}"),
        Gen.Select(Gen.Int[1, 3], Argument, OneOf("5s", "20s", "60s"), (max, of, per) => $"window: {{ distinct: call.args.{of}, max: {max}, per: {per} }}"),
        Gen.Select(OneOf("1", "2.5", "4", "5.5"), OneOf("5s", "20s", "60s"), (max, per) => $"window: {{ sum: call.args.amount, max: {max}, per: {per} }}"),
        Argument.Select(by => $"wall: {{ by: call.args.{by} }}"),
        OneOf("flow: { label: personal, to: external }", "flow: { label: none, to: external }"),
        Gen.Const("flow: { label: personal, to: external }"), // It denies seldom enough.
        Gen.Const("flow: { label: personal, to: external, unless: approved, by: [privacy] }"),
        Gen.Select(Selector, Same, OneOf("10s", "1h"), (tool, same, within) => $"then: {{ tools: [{tool}]{same}, within: {within}, otherwise: report }}"),
        Gen.Select(OneOf("require", "forbid"), Condition, (word, condition) => $"{word}: '{condition}'"));

    private static readonly Gen<string> Rule = Gen.Select(
        Gen.Frequency((1, Gen.Const("")), (3, Selector.Select(tool => $"on: [{tool}], "))),
        Gen.Frequency((4, Gen.Const("")), (1, Condition.Select(condition => $"when: '{condition}', "))),
        Form,
        (on, when, form) => $"{(on.Length == 0 && form.StartsWith("then", StringComparison.Ordinal) ? "on: [a/get], " : on)}{when}{form}");

    private static readonly Gen<string> Reads = OneOf(
        "- read: [a/open, a/get, a/wild]",
        "- { read: [a/open, a/get, a/wild], anchored: { user: person } }",
        "- { read: [a/open, a/get, a/wild], anchored: { user: person, client: company } }",
        "- { read: [\"a/*\"], args: { user: { type: string } } }",
        "- { read: [a/open, a/get, a/wild], asks: [elicitation] }");

    private static readonly Gen<string> Effects = OneOf(
        "- tools: [a/set, b/send]",
        "- { tools: [a/set, b/send], asks: [elicitation, sampling] }",
        "- { tools: [a/set, b/send], asks: [elicitation], approval: { by: [boss], within: 20s } }",
        "- { tools: [a/set, b/send], anchored: { user: person } }",
        "- { tools: [a/set, b/send], approval: { by: [boss], within: 20s } }",
        "- { tools: [a/set], approval: { by: [boss], when: 'call.args.amount > 1' } }\n  - { tools: [b/send], bound: { client: [{ tool: a/get, field: user }, { input: seed }] } }",
        "- { tools: [a/set], bound: { user: [{ tool: a/wild, field: \"users[]\" }, { tool: a/open }, { grounded: true }] } }\n  - { tools: [b/send], when: 'has(call.args.user)' }",
        "- { tools: [a/set], when: 'has(call.args.user)', args: { amount: { maximum: 2 } } }\n  - tools: [b/send]",
        "- { tools: [a/set, b/send], when: 'call.args.user == \"u1\"' }\n  - { tools: [a/set], when: 'has(call.args.client)', args: { user: { const: u2 } } }");

    // Sets grow only through anchored calls, so without those an anchor with results would be refused.
    private const string Growing =
        "anchors:\n  person: { inputs: [seed], results: [{ tool: a/open, field: user }, { tool: a/get, field: \"users[]\" }] }\n  company: { inputs: [seed], results: [{ tool: a/get, field: user }] }\n";

    private const string Fixed = "anchors:\n  person: { inputs: [seed] }\n  company: { inputs: [seed] }\n";

    /// <summary>The parts of a document that <see cref="Given"/> completes.</summary>
    public static readonly Gen<string> Document = Gen.Select(OneOf("", "", "grounding: lax\n", "grounding: strict\n"), Reads, Effects, Rule.Array[0, 5], (grounding, reads, effects, rules) =>
        grounding + "inputs: { seed: { type: string } }\n"
        + (IsAnchored(reads) ? Growing : Fixed)
        + $"grants:\n  {reads}\n  {(grounding.Length == 0 ? effects.Replace(", { grounded: true }", "", StringComparison.Ordinal) : effects)}\n"
        + (IsAnchored(reads) ? "unanchored: [a/open]\n" : "")
        + (rules.Length == 0 ? "" : $"rules:\n{string.Join("\n", rules.Select((rule, index) => $"  - {{ id: r{index}, {rule} }}"))}"));

    private static readonly string[] Values = ["\"u1\"", "\"u1\"", "\"u2\"", "\"u3\"", "1", "1.0", "2.5", "-3", "null", "true", "[\"u1\", \"u2\"]"];

    private static readonly Gen<string> Object = Gen.Select(Value("user"), Value("amount"), Value("client"), (user, amount, client) =>
        $"{{{string.Join(", ", new[] { user, amount, client }.Where(one => one.Length > 0))}}}");

    private static readonly Gen<string> Result = Gen.Select(Object, Gen.Int[0, 4], (one, shape) => shape switch
    {
        0 => "\"text\"",
        1 => "{ \"users\": [\"u2\", [\"u3\"], 7, null] }",
        _ => one,
    });

    /// <summary>Propose a call and admit it where it is permitted, settle a call that is pending, start again, answer a request, propose again a call that was asked about or admitted, or let the backend of a pending call ask the agent and the agent answer.</summary>
    public static readonly Gen<MissionStep> Step = Gen.Select(
        Gen.Int[0, 22].Select(kind => kind > 18 ? kind - 5 : kind), Gen.Int[0, Tools.Length - 1], Object, Gen.Int[0, 12], Gen.Int[0, 100], OneOf("ok", "ok", "ok", "error", "unknown"), Result,
        (kind, tool, arguments, seconds, pick, outcome, result) => new MissionStep(kind, tool, arguments, seconds, pick, outcome, result));

    private static bool IsAnchored(string reads) => reads.Contains("anchored", StringComparison.Ordinal);

    private static Gen<string> Value(string name) => Gen.Int[-3, Values.Length - 1].Select(index => index < 0 ? "" : $"\"{name}\": {Values[index]}");

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);
}

/// <param name="Kind">0 to 5 proposes, 6 to 8 settles, 9 starts again, 10 and 11 answer, 12 and 13 repeat what was asked about, 14 and 15 ask the agent, 16 and 17 answer for it, 18 repeats what was admitted last.</param>
internal sealed record MissionStep(int Kind, int Tool, string Arguments, int Seconds, int Pick, string Outcome, string Result)
{
    public CallOutcome Ending => Outcome switch { "ok" => CallOutcome.Ok, "error" => CallOutcome.Error, _ => CallOutcome.Unknown };
}
