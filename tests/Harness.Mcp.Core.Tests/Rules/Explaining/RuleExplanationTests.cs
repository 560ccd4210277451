using Harness.Mcp.Core.Rules.Explaining;
using Harness.Mcp.Proxy.Documents;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules.Explaining;

public class RuleExplanationTests
{
    [Theory]
    [InlineData(
        "on: [a/set], before: { tools: [a/get, a/look], same: [user], within: 10m }",
        "Calls of `a/set` are permitted only after a call of `a/get` or `a/look` that ended well with the same `user`, at most 10m before; a call without `user` is denied.",
        "the latest call that ended well, by `user`")]
    [InlineData(
        "on: [a/set], never-after: { tools: [a/get] }",
        "Calls of `a/set` are denied once `a/get` was called, however that call ended.",
        "the latest call, by nothing else")]
    [InlineData(
        "budget: { distinct: call.args.host, max: 3, per: call.args.user }",
        "Over the whole mission, calls of every granted tool may name at most 3 different values of `host` for each `user`; a call without `host` and `user` is passed over.",
        "the different values of `host`, for each `user`")]
    [InlineData(
        "on: [a/set], budget: { sum: call.args.amount, max: 100.5 }",
        "Over the whole mission, the `amount` of calls of `a/set` may add up to at most 100.5; a call without `amount` is denied.",
        "the sum of `amount`")]
    [InlineData("on: [a/set], budget: { max: 3 }", "Over the whole mission, at most 3 calls of `a/set` are permitted.", "how many calls it judged")]
    [InlineData(
        "on: ['effect:write'], window: { max: 10, per: 1m }",
        "At most 10 calls of `effect:write` are permitted within 1m.",
        "the times of the last 10 calls it judged")]
    [InlineData(
        "on: [a/set], window: { sum: call.args.amount, max: 12.5, per: 1h }",
        "Within 1h, the `amount` of calls of `a/set` may add up to at most 12.5; a call without `amount` is denied.",
        "the amounts of `amount` in the span, each with its time and the sum up to it")]
    [InlineData(
        "window: { distinct: call.args.host, max: 3, per: 10m }",
        "Within 10m, calls of every granted tool may name at most 3 different values of `host`; a call without `host` is passed over.",
        "the different values of `host` in the span, each with the time it was last named")]
    [InlineData(
        "wall: { by: call.args.client }",
        "The first of the calls of every granted tool that names a `client` closes every other `client` for the rest of the mission; a call without `client` is passed over.",
        "the `client` that was chosen")]
    [InlineData(
        "flow: { label: personal, to: external }",
        "Once a result labelled `personal` was delivered, calls of every granted tool are denied where their arguments may end at `external`.",
        "whether the label `personal` was delivered, and by which links")]
    [InlineData(
        "on: [a/set], when: 'call.args.big', forbid: 'chain.exists(l, l.tool == \"a/get\" && l.args.user == call.args.user)'",
        "Calls of `a/set` are denied while the expression is true, judged only where `call.args.big` holds.",
        "the latest link where `l.tool == \"a/get\"`, by `l.args.user` (asked: `l.args.user == call.args.user`)")]
    [InlineData(
        "flow: { label: personal, to: external, unless: approved, by: [lead, chief] }",
        "Once a result labelled `personal` was delivered, calls of every granted tool need the approval of `lead` or `chief` where their arguments may end at `external`.",
        "whether the label `personal` was delivered, and by which links")]
    [InlineData(
        "on: [a/set], carry: { args: [body], refuse: [link, address, secret, personal] }",
        "Calls of `a/set` are denied where `body` carries a link that the mission does not know as trusted or an e-mail address that it does not know as trusted or what looks like a secret or data labelled `personal`.",
        "where the mission met which value, once for all rules and grants that ask")]
    [InlineData(
        "on: [a/set], then: { tools: [a/undo], same: [user], within: 1h, otherwise: run }",
        "Calls of `a/set` that end well must be followed within 1h by a call of `a/undo` that ends well with the same `user`; else the proxy makes that call itself; a call without `user` is denied.",
        "the calls that are still owed, by `user`")]
    [InlineData("on: [a/set], require: 'call.args.small'", "Calls of `a/set` are permitted only while the expression is true.", null)]
    public void Rule_IsExplained_InASentenceWithWhatItKeeps(string rule, string meaning, string? keeps)
    {
        var explained = Explain(rule);

        Assert.Equal(meaning, explained.Meaning);
        Assert.Equal(keeps is null ? [] : [keeps], explained.Keeps);
        Assert.NotEqual(explained.Cel is null, explained.WhyNoCel is null);
    }

    [Fact]
    public void Cel_IsTheRulesOwn_AndItsAbsenceHasAReason()
    {
        Assert.Equal("chain.filter(l, l.tool == \"a/set\").size() < 3", Explain("on: [a/set], budget: { max: 3 }").Cel);
        Assert.Equal(
            "CEL's standard library cannot add up a list; added up are the `amount` of `chain.filter(l, true && has(l.args.amount))` and of the call.",
            Explain("budget: { sum: call.args.amount, max: 3 }").WhyNoCel);
        Assert.Equal(
            "CEL's standard library cannot add up a list; added up are the `amount` of `chain.filter(l, l.tool == \"a/set\" && has(l.args.amount) && now - l.time < duration(\"60s\"))` and of the call.",
            Explain("on: [a/set], window: { sum: call.args.amount, max: 3, per: 1m }").WhyNoCel);
        Assert.Equal("chain.filter(l, l.tool == \"a/set\" && now - l.time < duration(\"60s\")).size() < 3", Explain("on: [a/set], window: { max: 3, per: 1m }").Cel);
        Assert.Equal("CEL asks what was called before, not what is to come.", Explain("on: [a/set], then: { tools: [a/undo], within: 1h, otherwise: report }").WhyNoCel);
        Assert.Equal(
            "CEL's standard library cannot count different values; counted are the `host` of `chain.filter(l, true && has(l.args.host))` and of the call.",
            Explain("budget: { distinct: call.args.host, max: 3 }").WhyNoCel);
    }

    [Fact]
    public void Monitors_OfWhen_AreKeptToo()
    {
        var explained = Explain("on: [a/set], when: 'chain.exists(l, l.tool == \"a/get\")', budget: { max: 3 }");

        Assert.Equal(["how many calls it judged", "for `when`: the latest link where `l.tool == \"a/get\"`"], explained.Keeps);
        Assert.StartsWith("`when`, then ", explained.PerCall, StringComparison.Ordinal);
    }

    [Fact]
    public void Document_MayBeAMission_OrHoldRulesAlone()
    {
        Assert.Equal("few", Assert.Single(Parse("rules:\n  - { id: few, on: [a/set], budget: { max: 1 } }").Value!.Rules).Id.Value);
        Assert.Equal("few", Assert.Single(Parse("layer: all\nrules:\n  - { id: few, budget: { max: 1 } }").Value!.Rules).Id.Value);
        Assert.Contains("A mission lacks `owner`.", string.Join("\n", Parse("mission: some\nrules: []").Problems), StringComparison.Ordinal);
        Assert.Contains("has no `rules`", Assert.Single(Parse("layer: all").Problems).Message, StringComparison.Ordinal);
        Assert.Contains("A rule asks nothing.", Assert.Single(Parse("rules: [{ id: few }]").Problems).Message, StringComparison.Ordinal);
    }

    private static Core.Documents.Parsed<RulesDocument> Parse(string yaml) => RulesDocument.Parse(YamlReader.Read(yaml, "rules.yaml").Value!);

    private static RuleExplanation Explain(string rule) => RuleExplanation.Of(Assert.Single(
        Given.Template($"grants:\n  - read: [a/get, a/look]\n  - tools: [a/set, a/undo]\nrules:\n  - {{ id: a, {rule} }}").Rules));
}
