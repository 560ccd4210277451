using Harness.Mcp.Core.Layers;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Layers;

public class LayerFindingsTests
{
    private const string Grants = "grants: [{ read: [hr/*] }, { tools: [mail/send] }]\n";

    [Theory]
    [InlineData("on: [mail/send], budget: { max: 3 }", "on: [mail/send], budget: { max: 3 }", true)]
    [InlineData("on: [mail/send], budget: { max: 2 }", "on: [mail/send], budget: { max: 3 }", true)]
    [InlineData("on: [mail/send], budget: { max: 4 }", "on: [mail/send], budget: { max: 3 }", false)]
    [InlineData("on: ['mail/*'], budget: { max: 3 }", "on: [mail/send], budget: { max: 3 }", true)]
    [InlineData("on: [mail/send], budget: { max: 3 }", "on: ['mail/*'], budget: { max: 3 }", false)]
    [InlineData("on: [mail/send], when: 'call.args.x == 1', budget: { max: 3 }", "on: [mail/send], budget: { max: 3 }", false)]
    [InlineData("budget: { max: 3, per: call.args.to }", "on: [mail/send], budget: { max: 3, per: call.args.to }", false)]
    [InlineData("on: [mail/send], window: { max: 2, per: 2m }", "on: [mail/send], window: { max: 3, per: 1m }", true)]
    [InlineData("on: [mail/send], window: { max: 2, per: 1m }", "on: [mail/send], window: { max: 3, per: 2m }", false)]
    [InlineData("on: [mail/send], window: { sum: call.args.cost, max: 2.5, per: 2m }", "on: [mail/send], window: { sum: call.args.cost, max: 3, per: 1m }", true)]
    [InlineData("on: [mail/send], window: { sum: call.args.cost, max: 2, per: 2m }", "on: [mail/send], window: { sum: call.args.price, max: 3, per: 1m }", false)]
    [InlineData("on: [mail/send], window: { max: 2, per: 2m }", "on: [mail/send], window: { distinct: call.args.to, max: 3, per: 1m }", false)]
    [InlineData("on: [mail/send], before: { tools: [hr/a], within: 1m }", "on: [mail/send], before: { tools: [hr/a, hr/b] }", true)]
    [InlineData("on: [mail/send], before: { tools: [hr/a, hr/b] }", "on: [mail/send], before: { tools: [hr/a] }", false)]
    [InlineData("on: [mail/send], never-after: { tools: ['hr/*'] }", "on: [mail/send], never-after: { tools: [hr/a], same: [to] }", true)]
    [InlineData("on: [mail/send], never-after: { tools: [hr/a], same: [to] }", "on: [mail/send], never-after: { tools: [hr/a] }", false)]
    [InlineData("flow: { label: personal, to: external }", "flow: { label: personal, to: external }", true)]
    [InlineData("flow: { label: secret, to: external }", "flow: { label: personal, to: external }", false)]
    [InlineData("forbid: 'call.args.x == 1'", "on: [mail/send], forbid: 'call.args.x == 1'", true)]
    [InlineData("require: 'call.args.x == 1'", "on: [mail/send], forbid: 'call.args.x == 1'", false)]
    public void RuleThatAStricterLayerMakesSuperfluous_IsTold(string guardrail, string rule, bool isSuperfluous)
    {
        var template = Given.Template($"{Grants}rules: [{{ id: mine, {rule} }}]");

        var findings = LayerFindings.Of(template, new RuleSources(Given.Guardrails($"rules: [{{ id: theirs, {guardrail} }}]"), []));

        if (isSuperfluous)
            Assert.Equal(
                "test.yaml:7:9: The rule `mine` decides nothing, since `guardrails/theirs` (guardrails.yaml:2:9) is as strict or stricter. Remove it, or make it stricter.",
                Assert.Single(findings).ToString());
        else
            Assert.Empty(findings);
    }

    [Fact]
    public void RuleThatStandsTwice_IsTold_AtTheSecondPlace()
    {
        var template = Given.Template($"{Grants}rules: [{{ id: one, on: [mail/send], budget: {{ max: 2 }} }}, {{ id: two, on: [mail/send], budget: {{ max: 2 }} }}]");

        Assert.StartsWith("test.yaml:7:59: The rule `two` decides nothing, since `one`", Assert.Single(LayerFindings.Of(template, RuleSources.None)).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("forbid: 'true'", "forbids every call of it")]
    [InlineData("before: { tools: [ticket/get] }", "demands an earlier call of `ticket/get`, which this mission does not grant")]
    public void GrantThatGuardrailsClose_IsTold(string rule, string why)
    {
        var sources = new RuleSources(Given.Guardrails($"rules: [{{ id: no, on: [mail/send], {rule} }}]"), []);

        var finding = Assert.Single(LayerFindings.Of(Given.Template(Grants), sources));

        Assert.Equal(
            $"test.yaml:6:38: `mail/send` is granted, but `guardrails/no` (guardrails.yaml:2:9) {why}. Remove the grant, or ask the rule's author.", finding.ToString());
        Assert.Empty(LayerFindings.Of(Given.Template("grants: [{ read: [hr/*] }]"), sources));
    }
}
