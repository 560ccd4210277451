using System.Text.Json;
using CsCheck;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Provenance;

/// <summary>On random chains and values, decisions by the index are those of reading the whole chain; and folding again changes none.</summary>
public class ProvenanceAgreementTests
{
    private const string Parts = """
        inputs: { task: { type: string } }
        grants:
          - { read: [a/*] }
          - { tools: [mail/send] }
          - tools: [bank/pay]
            bound: { to: [{ tool: a/mixed, field: "items[].key" }, { tool: a/open, from: { q: zulu } }, { input: task }] }
          - { tools: [mail/post] }
        rules: [{ id: clean, on: [mail/post], carry: { args: [body], refuse: [personal] } }]
        """;

    private static readonly string[] Values =
        ["alpha", "Bravo", "charlie", "zulu", "7", "42", "ann@one.example", "bob@two.example", "eve@three.example"];

    private static readonly Gen<string> Value = Gen.OneOf(Values);

    private static readonly Gen<string> Text = Value.Array[1, 4].Select(values => string.Join(' ', values));

    private static readonly ToolFacts[] Tools =
    [
        Tool.Read("a/open"),
        Tool.Read("a/wild", "untrusted"),
        Tool.Read("a/staff", "personal"),
        Tool.Read("a/mixed", "untrusted").Field("items[].key").Field("items[].key.note", "untrusted", "personal"),
    ];

    private static readonly Gen<Call> Calls =
        from tool in Gen.OneOf(Tools)
        from query in Text
        from texts in Gen.Select(Text, Text, Text)
        from outcome in Gen.Int[0, 7]
        from asked in Gen.Select(Text, Text, Gen.Int[0, 2])
        let call = Call.To(tool, $$"""{ "q": {{JsonSerializer.Serialize(query)}} }""")
            .Answering($$"""{ "text": {{Json(texts.Item1)}}, "items": [{ "key": {{Json(texts.Item2)}} }, { "key": { "note": {{Json(texts.Item3)}} } }] }""")
        select outcome switch
        {
            0 => call.Failing(),
            1 => call.StillRunning(),
            2 or 3 => call.Asking(
                $$"""{ "q": {{Json(asked.Item1)}} }""", $$"""{ "q": {{Json(asked.Item2)}} }""", asked.Item3 switch { 0 => [], 1 => ["untrusted"], _ => ["personal"] }),
            _ => call,
        };

    private static readonly Gen<(string Task, Call[] Chain, string[] Asked)> Cases =
        Gen.Select(Text, Calls.Array[0, 6], Text.Array[1, 8]);

    [Fact]
    public void Decisions_AreThoseOfReadingTheWholeChain() => Cases.Sample((task, chain, asked) =>
    {
        var strict = Opened("strict", task, chain);
        var lax = Opened("lax", task, chain);
        var off = Opened("off", task, chain);
        var reference = new ProvenanceReference(strict.Links);

        foreach (var value in asked)
        {
            AssertSame(reference.IsTrusted(value), strict.Decide(SendTo(value)), $"strict, {value}");
            AssertSame(reference.IsTrusted(value) || !reference.IsTainted(value), lax.Decide(SendTo(value)), $"lax, {value}");
            AssertSame(reference.Of(value).Any(IsSource(strict)), off.Decide(PayTo(value)), $"bound, {value}");
            foreach (var address in value.Split(' ').Where(part => part.Contains('@', StringComparison.Ordinal)))
                AssertSame(!reference.IsLabelledAlways(address, "personal"), off.Decide(Post(address)), $"carry, {address}");
        }

        void AssertSame(bool isPermitted, Decision decision, string asked) => Assert.True(
            isPermitted == decision is Decision.Permit,
            $"{asked}: {(isPermitted ? "the chain permits" : "the chain denies")} it.\nTask: {task}\n{string.Join('\n', chain.Select(call => $"{call.Tool.Id} {call.Outcome} {call.Arguments} {call.Result}"))}");
    }, iter: 2_000);

    [Fact]
    public void FoldingAgain_ChangesNoDecision() => Cases.Sample((task, chain, asked) =>
    {
        var first = Opened("lax", task, chain);
        var again = MissionState.Open(first.Links[0]).Value!;
        foreach (var link in first.Links.Skip(1))
            again.Apply(link);

        foreach (var call in asked.SelectMany(value => (Call[])[SendTo(value), PayTo(value), Post(value)]))
            Assert.Equivalent(first.Decide(call), DecisionPoint.Decide(again, first.Propose(call)), strict: true);
    }, iter: 300);

    private static Func<Occurrence, bool> IsSource(MissionInTest mission) => occurrence => occurrence switch
    {
        { IsPart: true } => false,
        { Tool: null } => true,
        { Tool.Name: "mixed" } => occurrence.Path.StartsWith("items[].key", StringComparison.Ordinal),
        { Tool.Name: "open" } => mission.Links.First(link => link.Version == occurrence.Link).Body is Core.Chains.LinkBody.CallAdmitted admitted
            && admitted.Arguments.GetProperty("q").ValueEquals("zulu"),
        _ => false,
    };

    private static MissionInTest Opened(string grounding, string task, Call[] chain) =>
        Given.Mission($"grounding: {grounding}\n{Parts}", $"task={task}").After(chain);

    private static Call SendTo(string to) => Call.To(Tool.Send("mail/send").On("to"), $$"""{ "to": {{Json(to)}} }""");

    private static Call PayTo(string to) => Call.To(Tool.Write("bank/pay").On("to"), $$"""{ "to": {{Json(to)}} }""");

    private static Call Post(string body) => Call.To(Tool.Write("mail/post"), $$"""{ "body": {{Json(body)}} }""");

    private static string Json(string text) => JsonSerializer.Serialize(text);
}
