using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Documents;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

/// <summary>Examples run when a document is read.</summary>
public class ExampleTests
{
    private const string LookFirst = "on: [directory/disable], before: { tools: [directory/get], same: [user], within: 10m }";
    private const string Look = "{ tool: directory/get, args: { user: bob } }";
    private const string Disable = "{ tool: directory/disable, args: { user: bob } }";

    [Theory]
    [InlineData(LookFirst, $"deny: {Disable}")]
    [InlineData(LookFirst, $"permit: {Disable}, after: [{Look}]")]
    [InlineData(LookFirst, "deny: { tool: directory/disable, args: { user: eve } }, after: [" + Look + "]")]
    [InlineData(LookFirst, "deny: { tool: directory/disable, args: { user: bob }, later: 11m }, after: [" + Look + "]")]
    [InlineData(LookFirst, "deny: " + Disable + ", after: [{ tool: directory/get, args: { user: bob }, outcome: error }]")]
    [InlineData(LookFirst, "deny: " + Disable + ", after: [{ tool: directory/get, args: { user: bob }, outcome: pending }]")]
    [InlineData("budget: { max: 1 }", "permit: { tool: a/b }")]
    [InlineData("budget: { max: 1 }", "deny: { tool: a/b }, after: [{ tool: c/d }]")]
    [InlineData("on: ['effect:send'], budget: { max: 1 }", "permit: { tool: a/b, effect: send }, after: [{ tool: c/d, effect: read }]")]
    [InlineData("on: ['domain:money'], forbid: 'true'", "deny: { tool: a/b, domain: money }")]
    [InlineData("flow: { label: personal, to: external }", "deny: { tool: mail/send, sinks: [external] }, after: [{ tool: hr/get, labels: [personal] }]")]
    [InlineData("flow: { label: personal, to: external }", "permit: { tool: mail/send, sinks: [internal] }, after: [{ tool: hr/get, labels: [personal] }]")]
    [InlineData("require: 'chain.exists(l, l.result.ok == true)'", "permit: { tool: a/b }, after: [{ tool: a/b, result: { ok: true } }]")]
    [InlineData("forbid: 'call.args.to != mission.inputs.to'", "permit: { tool: a/b, args: { to: x } }, inputs: { to: x }")]
    [InlineData("when: 'agent.id == \"night\"', forbid: 'true'", "deny: { tool: a/b, agent: night }")]
    [InlineData("when: 'agent.id == \"night\"', forbid: 'true'", "permit: { tool: a/b }")]
    [InlineData("enforce: false, budget: { max: 1 }", "deny: { tool: a/b }, after: [{ tool: a/b }]")]
    public void ExampleThatHolds_IsLoaded_AndItsOppositeIsNot(string rule, string example)
    {
        var opposite = example.StartsWith("permit", StringComparison.Ordinal) ? "deny" + example[6..] : "permit" + example[4..];

        Assert.Empty(Problems(rule, example));
        var problem = Assert.Single(Problems(rule, opposite));
        Assert.StartsWith("guardrails.yaml:5:9: This example must be", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        LookFirst, $"permit: {Disable}",
        "This example must be permitted, and the rule `guardrails/x` denies it: \"First call `directory/get` with the same `user` (at most 10m before), then repeat this call.\" [history_not_satisfied]. Change the rule, or write `deny` instead of `permit`.")]
    [InlineData(
        LookFirst, $"deny: {Disable}, after: [{Look}]",
        "This example must be denied, and the rule `guardrails/x` permits it. Change the rule, or write `permit` instead of `deny`.")]
    [InlineData(
        LookFirst, "deny: { tool: directory/get }",
        "This example must be denied, but the rule `guardrails/x` does not judge calls of `directory/get` as the example describes it. Change the rule, or write `permit` instead of `deny`.")]
    public void ExampleThatFails_SaysWhatWasDecidedInstead(string rule, string example, string problem)
    {
        Assert.Equal($"guardrails.yaml:5:9: {problem}", Assert.Single(Problems(rule, example)));
    }

    [Theory]
    [InlineData("after: []", "5:9: An example has either `permit` or `deny`. Write `permit: { tool: backend/tool }` or `deny: { … }`, and the calls before under `after`.")]
    [InlineData("permit: { tool: a/b, labels: [x] }", "5:32: The call of an example has no key `labels`. Known: `agent`, `args`, `domain`, `effect`, `later`, `sinks`, `tool`.")]
    [InlineData("permit: { tool: a }", "5:27: `a` does not name one tool. Write `backend/tool`.")]
    [InlineData("permit: { tool: a/b, effect: sned }", "5:40: `effect` cannot be `sned`. Did you mean `send`?")]
    [InlineData("permit: { tool: a/b, args: [] }", "5:38: `args` must be a map of names and values, not a list.")]
    [InlineData("permit: { tool: a/b }, after: [{ tool: a/b, outcome: lost }]", "5:64: `outcome` cannot be `lost`. Known: `error`, `ok`, `pending`, `unknown`.")]
    public void ExampleThatCannotBeRead_HasItsPlace(string example, string problem)
    {
        Assert.Equal($"guardrails.yaml:{problem}", Assert.Single(Problems("budget: { max: 9 }", example)));
    }

    /// <summary>What one example brings into a mission is unknown to the next.</summary>
    [Fact]
    public void ExamplesOfCarry_EachKnowTheirOwnValuesAlone()
    {
        const string Rule = "on: [mail/send], carry: { args: [body], refuse: [link, personal] }";
        const string Send = "{ tool: mail/send, args: { body: 'see https://docs.example/guide' } }";
        const string Told = "after: [{ tool: wiki/get, result: { page: 'https://docs.example/guide' } }]";

        Assert.Empty(Problems(Rule, $"permit: {Send}, {Told} }}, {{ deny: {Send} }}, {{ permit: {Send}, inputs: {{ page: 'https://docs.example/guide' }} }}, {{ deny: {Send}, inputs: {{ page: other }}"));
        Assert.StartsWith(
            "guardrails.yaml:5:9: This example must be permitted", Assert.Single(Problems(Rule, $"permit: {Send} }}, {{ permit: {Send}, {Told}")), StringComparison.Ordinal);

        // And a label that came with a value is refused where that example brought it.
        const string Asked = "{ tool: mail/send, args: { body: 'ask ada@corp.example' } }";
        Assert.Empty(Problems(Rule, $"deny: {Asked}, after: [{{ tool: hr/get, result: {{ mail: 'ada@corp.example' }}, labels: [personal] }}] }}, {{ permit: {Asked}"));
    }

    [Fact]
    public void Mission_WithAnExampleThatFails_IsNotLoaded()
    {
        const string Mission = """
            mission: m
            objective: o
            owner: a
            agents: [me]
            lifetime: 1h
            grants: [{ tools: [a/b] }]
            rules: [{ id: mine, when: 'mission.name == "m" && agent.id == "me"', forbid: 'true', examples: [{ permit: { tool: a/b } }] }]
            """;

        Assert.Contains("must be permitted", Assert.Single(Parse(Mission)).ToString(), StringComparison.Ordinal);
        Assert.Empty(Parse(Mission.Replace("permit:", "deny:", StringComparison.Ordinal)));

        static IEnumerable<Core.Documents.Problem> Parse(string yaml) => MissionParser.Parse(YamlReader.Read(yaml, "m.yaml").Value!).Problems;
    }

    private static List<string> Problems(string rule, string example)
    {
        var yaml = $"owner: security\nrules:\n  - {{ id: x, {rule},\n      examples: [\n        {{ {example} }}] }}";
        var document = YamlReader.Read(yaml, "guardrails.yaml");
        Assert.Empty(document.Problems);
        return [.. RuleSourceParser.Guardrails(document.Value!).Problems.Select(problem => problem.ToString())];
    }
}
