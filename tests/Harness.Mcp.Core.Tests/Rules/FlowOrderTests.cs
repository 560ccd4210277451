using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

/// <summary>Labels as a partial order, integrity, and what clears a label.</summary>
public class FlowOrderTests
{
    private const string Order = "labels: ['public < internal < confidential < secret', 'internal < personal < health', 'trusted > partner > untrusted']\n";
    private const string Grants = "grants: [{ read: [hr/*, web/*] }, { tools: [mail/send, hr/anonymise, fleet/wipe, fleet/note] }]\n";

    private static readonly Call Send = Call.To(Tool.Send("mail/send"));
    private static readonly Call Anonymise = Call.To(Tool.Write("hr/anonymise"));
    private static readonly Call Wipe = Call.To(Tool.Write("fleet/wipe") with { Effect = Core.Tools.Effect.Destructive });

    [Theory]
    [InlineData("confidential", "public", true)]
    [InlineData("confidential", "internal", true)]
    [InlineData("confidential", "confidential", false)]
    [InlineData("confidential", "secret", false)]
    [InlineData("confidential", "personal", true)] // Another compartment.
    [InlineData("confidential", "health", true)]
    [InlineData("personal", "health", false)]
    [InlineData("personal", "secret", true)]
    [InlineData("internal", "health", false)]
    [InlineData("internal", "secret", false)]
    [InlineData("internal", "strange", true)]
    public void Label_BarsItself_AndEverythingMoreRestricted(string rule, string read, bool isPermitted)
    {
        var mission = Given.Mission($"{Order}{Grants}rules: [{{ id: no-leak, flow: {{ label: {rule}, to: external }} }}]").After(Reading(read));

        var decision = mission.Decide(Send);

        Assert.Equal(isPermitted, decision is Decision.Permit);
        if (decision is Decision.Deny(var denial))
            Assert.Contains($"`{read}`", denial.Say, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("partner", "trusted", true)]
    [InlineData("partner", "partner", false)]
    [InlineData("partner", "untrusted", false)]
    [InlineData("untrusted", "partner", true)]
    public void DataThatIsNotTrusted_MustNotInfluence_CallsOfTheClass(string from, string read, bool isPermitted)
    {
        var mission = Given.Mission($"{Order}{Grants}rules: [{{ id: own-will, flow: {{ from: {from}, to: 'effect:destructive' }} }}]").After(Reading(read));

        Assert.Equal(isPermitted, mission.Decide(Wipe) is Decision.Permit);
        Assert.True(mission.Decide(Send).IsPermitted());
    }

    [Fact]
    public void Guardrails_OrderLabels_ForRulesOfAMission()
    {
        var template = Given.Template(Grants + "rules: [{ id: no-leak, flow: { label: personal, to: external } }]");
        var ordered = new RuleSources(Given.Guardrails("labels: 'personal < health'"), []);

        Assert.Equal("no-leak", Given.Under(ordered, template).After(Reading("health")).Decide(Send).Denied().Rule?.Value);
        Assert.True(Given.Opened(template).After(Reading("health")).Decide(Send).IsPermitted());
        Assert.Equal("no-leak", Given.Opened(template).After(Reading("health")).Tightened(ordered).Decide(Send).Denied().Rule?.Value);
    }

    [Fact]
    public void Declassifier_ClearsItsLabel_OfWhatWasReadBefore()
    {
        var mission = Given.Mission($"declassify: {{ label: personal, by: [hr/anonymise] }}\n{Grants}rules: [{{ id: no-leak, flow: {{ label: personal, to: external }} }}]")
            .After(Reading("personal"));

        var denial = mission.Decide(Send).Denied();
        Assert.Equal(["hr/anonymise"], denial.AllowedNext);
        Assert.Equal(ReasonCode.FlowForbidden, mission.After(Anonymise.Failing()).Decide(Send).Denied().Reason);
        Assert.True(mission.After(Anonymise).Decide(Send).IsPermitted());
        Assert.Equal(ReasonCode.FlowForbidden, mission.After(Reading("personal")).Decide(Send).Denied().Reason);
    }

    [Fact]
    public void Declassifier_LeavesOtherLabels_AndWhatCameWhileItRan()
    {
        const string Parts = Order + "declassify: [{ label: personal, by: [hr/anonymise] }]\n" + Grants + "rules: [{ id: no-leak, flow: { label: personal, to: external } }]";

        Assert.Contains("`health`", Given.Mission(Parts).After(Reading("personal"), Reading("health"), Anonymise).Decide(Send).Denied().Say, StringComparison.Ordinal);
        Assert.True(Given.Mission(Parts).After(Reading("personal"), Anonymise).Decide(Send).IsPermitted());

        var running = Given.Mission(Parts).After(Reading("personal"), Anonymise.StillRunning(), Reading("personal"));
        running.Append(new Core.Chains.LinkBody.CallSettled(running.State.Pending[0].Id, Core.Chains.CallOutcome.Ok, null, null, [], null));
        Assert.Equal(ReasonCode.FlowForbidden, running.Decide(Send).Denied().Reason);
    }

    [Fact]
    public void Declassifier_OfAMission_LoosensNoGuardrail()
    {
        var template = Given.Template($"declassify: {{ label: personal, by: [hr/anonymise] }}\n{Grants}");
        var sources = new RuleSources(Given.Guardrails("rules: [{ id: no-leak, flow: { label: personal, to: external } }]"), []);

        Assert.Equal("guardrails/no-leak", Given.Under(sources, template).After(Reading("personal"), Anonymise).Decide(Send).Denied().Rule?.Value);
    }

    [Fact]
    public void GuardrailWithoutItsDeclassifier_IsAnotherRule()
    {
        const string Rules = "rules: [{ id: no-leak, flow: { label: personal, to: external } }]";
        var loose = new RuleSources(Given.Guardrails($"declassify: {{ label: personal, by: [hr/anonymise] }}\n{Rules}"), []);
        var mission = Given.Under(loose, Given.Template(Grants)).After(Reading("personal"), Anonymise);
        Assert.True(mission.Decide(Send).IsPermitted());

        mission.Tightened(new RuleSources(Given.Guardrails(Rules), []));

        Assert.Equal("guardrails/no-leak", mission.Decide(Send).Denied().Rule?.Value);
    }

    [Theory]
    [InlineData("labels: ['a < b > c']", "6:10: `a < b > c` has both `<` and `>`. Give confidentiality (`<`) and integrity (`>`) a line each.")]
    [InlineData("labels: [a]", "6:10: `a` is no order of labels. Write labels from the least to the most restricted: `public < internal < secret`, or `trusted > untrusted`.")]
    [InlineData("labels: ['a < A']", "6:10: `a < A` is no order of labels.")]
    [InlineData("labels: ['a < b < a']", "6:10: `a < b < a` names a label twice.")]
    [InlineData("labels: ['a < b < c', 'c < a']", "6:23: `c` stands before `a` here, and after it by the lines above. Turn one of them round.")]
    [InlineData("labels: ['a < b', 'b > c']", "6:19: `b` stands in a line of integrity and in one of confidentiality. Use two labels.")]
    [InlineData("labels: ['a > b']\nrules: [{ id: x, flow: { label: b, to: external } }]", "7:33: `b` is ordered by integrity. Write `from: b`.")]
    [InlineData("labels: ['a < b']\nrules: [{ id: x, flow: { from: b, to: external } }]", "7:32: `b` is ordered by confidentiality. Write `label: b`.")]
    [InlineData("rules: [{ id: x, flow: { label: a, from: b, to: external } }]", "6:36: `flow` has either `label`, which must not leave, or `from`, which must not influence. Split it into two rules.")]
    [InlineData("rules: [{ id: x, flow: { label: a, to: 'effect:distructive' } }]", "6:40: `effect:distructive` is neither a sink nor a selector of tools.")]
    [InlineData("declassify: { label: a, by: ['hr/*'] }", "6:30: `hr/*` selects a class of tools, and a label is cleared by named tools alone. Write each as `backend/tool`.")]
    [InlineData("declassify: { by: [hr/a] }", "6:13: An item of `declassify` lacks `label`.")]
    public void Mistake_HasItsPlaceAndRemedy(string parts, string problem)
    {
        var failure = Assert.Throws<InvalidOperationException>(() => Given.Template($"{parts}\ngrants: []"));

        Assert.StartsWith($"test.yaml:{problem}", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Fact]
    public void Cel_SaysWhatIsMeant_WhereItCan()
    {
        string? Cel(string parts) => Given.Template(Grants + parts).Rules[0].Cel;

        Assert.Equal(
            "!(\"external\" in call.sinks) || !chain.exists(l, \"health\" in l.labels || \"personal\" in l.labels)",
            Cel("labels: 'personal < health'\nrules: [{ id: x, flow: { label: personal, to: external } }]"));
        Assert.Equal(
            "!(call.effect in [\"destructive\", \"unknown\"]) || !chain.exists(l, \"untrusted\" in l.labels)",
            Cel("rules: [{ id: x, flow: { from: untrusted, to: 'effect:destructive' } }]"));
        Assert.Null(Cel("declassify: { label: a, by: [hr/x] }\nrules: [{ id: x, flow: { label: a, to: external } }]"));
        Assert.Equal(["health", "personal"], ((Flow)Given.Template(Grants + "labels: 'personal < health'\nrules: [{ id: x, flow: { label: personal, to: external } }]").Rules[0].Form).Barred);
    }

    private static Call Reading(string label) => Call.To(Tool.Read("hr/get", label));
}
