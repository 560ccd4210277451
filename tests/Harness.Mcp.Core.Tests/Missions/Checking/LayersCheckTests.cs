using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions.Checking;

/// <summary>Guardrails and terms against the tools that there are, whatever the mission.</summary>
public class LayersCheckTests
{
    [Theory]
    [InlineData("on: [mail/send], budget: { max: 3 }", "")]
    [InlineData("on: [mail/send], forbid: 'true'", "")] // To close a tool is what guardrails are for.
    [InlineData("on: ['effect:send'], forbid: 'call.domain == \"data\"'", "")]
    [InlineData("on: [mail/snd], forbid: 'true'", "error guardrails.yaml:2:28 unknown-tool The backend `mail` has no tool `snd`. Did you mean `send`?")]
    [InlineData("on: [bank/pay], forbid: 'true'", "warning guardrails.yaml:2:28 unknown-tool There is no backend `bank`. Known: ")]
    [InlineData("on: ['domain:mony'], forbid: 'true'", "warning guardrails.yaml:2:28 rule-never-fires `domain:mony` selects no tool that this rule could judge. Correct it, or remove it here.")]
    [InlineData("on: [mail/send], forbid: 'call.args.bdy == \"\"'", "error guardrails.yaml:2:58 unknown-field `call.args` of `mail/send` has no field `bdy`. Did you mean `body`?")]
    [InlineData("on: [mail/send], forbid: 'chain.exists(l, l.tool == \"hr/get_employee\" && l.args.usr == \"x\")'", "error guardrails.yaml:2:102 unknown-field `l.args` of `hr/get_employee` has no field `usr`. Did you mean `user`?")]
    [InlineData("on: [mail/send], forbid: 'call.args.copies == \"2\"'", "error guardrails.yaml:2:65 wrong-type ")]
    [InlineData("on: [mail/send], budget: { sum: call.args.copis, max: 3 }", "error guardrails.yaml:2:28 unknown-field `mail/send` has no argument `copis`, which the rule `guardrails/theirs` reads, so every call of it would be denied. Did you mean `copies`?")]
    [InlineData("on: [mail/*], budget: { sum: call.args.copies, max: 3 }", "warning guardrails.yaml:2:9 rule-always-denies The rule `guardrails/theirs` reads the argument `copies`, which `mail/archive` does not have, so every call of it would be denied. Name the tools that have it under `on`.")]
    [InlineData("flow: { label: persnal, to: external }", "warning guardrails.yaml:2:9 rule-never-fires The rule `guardrails/theirs` never denies anything: no tool brings the label `persnal`. Did you mean `personal`?")]
    [InlineData("flow: { label: personal, to: extrnal }", "warning guardrails.yaml:2:9 rule-never-fires The rule `guardrails/theirs` never denies anything: no tool leads to the sink `extrnal`. Did you mean `external`?")]
    [InlineData("forbid: 'call.effect == \"money\"'", "warning guardrails.yaml:2:31 rule-never-fires The rule `guardrails/theirs` never denies anything: the expression is false for every call that it watches. Correct the rule, or remove it.")]
    [InlineData("on: [mail/send], then: { tools: [directory/disable_user], within: 1h, otherwise: run }", "error guardrails.yaml:2:56 argument-missing `directory/disable_user` demands the argument `user`, and the rule `guardrails/theirs` does not say")]
    public void Guardrail_IsCheckedAtItsPlace(string rule, string expected)
    {
        var found = Check(new RuleSources(Given.Guardrails($"rules: [{{ id: theirs, {rule} }}]"), []));

        if (expected.Length == 0)
            Assert.Empty(found);
        else
            Assert.StartsWith(expected, Assert.Single(found), StringComparison.Ordinal);
    }

    [Fact]
    public void LabelsOfGuardrails_AreReadByTheirOrder() => Assert.Empty(Check(new RuleSources(
        Given.Guardrails("labels: ['internal-only < personal']\nrules: [{ id: theirs, flow: { label: internal-only, to: external } }]"), [])));

    [Fact]
    public void Terms_AreCheckedForTheirOwnTools_WhereTheCatalogHasTheBackend()
    {
        static RuleSources Terms(string backend, string rule) => new(null, [Given.Terms(backend, $"rules: [{{ id: mine, {rule} }}]")]);

        Assert.Equal(
            "error mail.yaml:1:39 unknown-field `call.args` of `mail/archive` or `mail/send` has no field `cop`. Known: `body`, `copies`, `to`.",
            Assert.Single(Check(Terms("mail", "forbid: 'call.args.cop == 1'"))).Replace("`mail/send` or `mail/archive`", "`mail/archive` or `mail/send`", StringComparison.Ordinal));
        Assert.Contains("rule-never-fires `effect:read` selects no tool", Assert.Single(Check(Terms("mail", "on: ['effect:read'], forbid: 'true'"))), StringComparison.Ordinal);
        Assert.Empty(Check(Terms("bank", "forbid: 'call.args.cop == 1'")));
    }

    /// <summary>What the terms demand first is what guardrails forbid.</summary>
    [Fact]
    public void Terms_ThatDemandWhatGuardrailsForbid_AreTold()
    {
        var guardrails = Given.Guardrails("rules: [{ id: no-hr, on: [hr/get_employee], forbid: 'true' }]");
        var terms = Given.Terms("mail", "rules: [{ id: look, on: [mail/send], before: { tools: [hr/get_employee] } }]");

        Assert.Equal(
            "warning mail.yaml:1:9 rule-always-denies The rule `mail/look` denies every call of `mail/send`: `hr/get_employee` can never be called before it. Name tools that guardrails and terms leave open.",
            Assert.Single(Check(new RuleSources(guardrails, [terms]))));
        Assert.Empty(Check(new RuleSources(null, [terms])));
    }

    [Fact]
    public void Terms_ThatGuardrailsMakeSuperfluous_AreTold()
    {
        var terms = Given.Terms("mail", "rules: [{ id: few, on: [mail/send], budget: { max: 5 } }]");

        Assert.Equal(
            "warning mail.yaml:1:9 rule-superfluous The rule `mail/few` decides nothing: `guardrails/few` (guardrails.yaml:2:9) denies all that it denies, and more. Remove it, or make it stricter.",
            Assert.Single(Check(new RuleSources(Given.Guardrails("rules: [{ id: few, on: [mail/*], budget: { max: 3 } }]"), [terms]))));
        Assert.Empty(Check(new RuleSources(Given.Guardrails("rules: [{ id: few, on: [mail/*], budget: { max: 9 } }]"), [terms])));
    }

    private static string[] Check(RuleSources sources) =>
    [
        .. LayersCheck.Against(sources, Office.Catalog)
            .Select(finding => $"{finding.Severity.ToString().ToLowerInvariant()} {finding.Position} {finding.Kind.Id} {finding.Message} {finding.Remedy}".TrimEnd()),
    ];
}
