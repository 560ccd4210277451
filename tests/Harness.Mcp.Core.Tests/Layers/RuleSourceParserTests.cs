using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Documents;
using Xunit;

namespace Harness.Mcp.Core.Tests.Layers;

public class RuleSourceParserTests
{
    [Theory]
    [InlineData("rules: []", "1:1: A file of guardrails lacks `owner`. Add `owner:`, who answers for the guardrails.")]
    [InlineData("owner: a\nrule: []", "2:1: A file of guardrails has no key `rule`. Did you mean `rules`?")]
    [InlineData(
        "owner: a\nrules:\n  - { id: one, forbid: 'true' }\n  - { id: one, forbid: 'false' }",
        "4:11: Another rule has the id `one` already, on line 3. Give each rule an id of its own.")]
    [InlineData("owner: a\nrules: [{ id: x, forbid: 'call.tol == \"a\"' }]", "2:31: `call` has no field `tol`.")]
    public void Guardrails_NameEveryProblem_WithPlaceAndRemedy(string yaml, string problem)
    {
        var parsed = RuleSourceParser.Guardrails(YamlReader.Read(yaml, "guardrails.yaml").Value!);

        Assert.StartsWith($"guardrails.yaml:{problem}", Assert.Single(parsed.Problems).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "rules: [{ id: x, on: [hr/get], forbid: 'true' }]",
        "1:23: `hr/get` is not of this backend, and its owner's rules hold for its own tools alone. Write `mail/tool` or `effect:NAME`, or leave `on` out for all tools of `mail`.")]
    [InlineData("rules: [{ id: x, on: [hr/*], forbid: 'true' }]", "1:23: `hr/*` is not of this backend")]
    public void Terms_HoldForTheirOwnTools(string yaml, string problem)
    {
        var parsed = RuleSourceParser.Terms(new BackendId("mail"), Map(yaml));

        Assert.StartsWith($"mail.yaml:{problem}", Assert.Single(parsed.Problems).ToString(), StringComparison.Ordinal);
        Assert.True(RuleSourceParser.Terms(new BackendId("mail"), Map(yaml.Replace("hr/", "mail/", StringComparison.Ordinal))).IsValid);
    }

    /// <summary>Terms have no owner who could be meant, so a rule that asks people must name them.</summary>
    [Fact]
    public void FlowThatPeopleMayLetPass_NamesThem_WhereTheDocumentHasNoOwner()
    {
        const string Rule = "rules: [{ id: x, flow: { label: personal, to: external, unless: approved } }]";

        Assert.Equal(
            "mail.yaml:1:57: Nobody is named who may approve. Add `by: [NAME]`, the people or roles of whom one must approve.",
            Assert.Single(RuleSourceParser.Terms(new BackendId("mail"), Map(Rule)).Problems).ToString());
        var named = RuleSourceParser.Terms(new BackendId("mail"), Map(Rule.Replace("approved", "approved, by: [lead]", StringComparison.Ordinal)));
        Assert.Equal(["lead"], Assert.IsType<Core.Rules.Forms.Flow>(Assert.Single(named.Value!.Rules).Form).Unless?.By);
        var guardrails = RuleSourceParser.Guardrails(YamlReader.Read($"owner: security\n{Rule}", "guardrails.yaml").Value!);
        Assert.Equal(["security"], Assert.IsType<Core.Rules.Forms.Flow>(Assert.Single(guardrails.Value!.Rules).Form).Unless?.By);
    }

    [Fact]
    public void BackendNamedLikeTheGuardrails_HasNoRules()
    {
        var terms = Map("rules: [{ id: x, forbid: 'true' }]");

        Assert.Contains("Rename the backend.", Assert.Single(RuleSourceParser.Terms(new BackendId("guardrails"), terms).Problems).ToString(), StringComparison.Ordinal);
        Assert.True(RuleSourceParser.Terms(new BackendId("guardrail"), terms).IsValid);
    }

    private static DocumentNode.Map Map(string yaml) => (DocumentNode.Map)YamlReader.Read(yaml, "mail.yaml").Value!;
}
