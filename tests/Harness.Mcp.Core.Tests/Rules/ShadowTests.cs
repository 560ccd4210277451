using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

/// <summary>Rules that judge and never deny.</summary>
public class ShadowTests
{
    private const string Grants = "grants: [{ tools: [mail/send] }]\n";

    private static readonly Call Send = Call.To(Tool.Send("mail/send"));

    [Fact]
    public void RuleInShadow_IsRecorded_AndDeniesNothing()
    {
        var mission = Given.Mission(Grants + "rules: [{ id: few, enforce: false, on: [mail/send], budget: { max: 1 } }]").After(Send);

        var permit = Assert.IsType<Decision.Permit>(mission.Decide(Send));

        var shadow = Assert.Single(permit.Shadow);
        Assert.Equal("few", shadow.Rule?.Value);
        Assert.Equal(ReasonCode.BudgetExhausted, shadow.Reason);
        Assert.Equal([2L], shadow.Because);
        Assert.Empty(Assert.IsType<Decision.Permit>(Given.Mission(Grants + "rules: [{ id: few, enforce: false, budget: { max: 2 } }]").After(Send).Decide(Send)).Shadow);
    }

    [Fact]
    public void EnforcedRule_Denies_BesideOneInShadow()
    {
        const string Rules = "rules: [{ id: soft, enforce: false, budget: { max: 1 } }, { id: hard, budget: { max: 2 } }]";

        Assert.Equal("hard", Given.Mission(Grants + Rules).After(Send, Send).Decide(Send).Denied().Rule?.Value);
        Assert.Equal("soft", Assert.Single(Assert.IsType<Decision.Permit>(Given.Mission(Grants + Rules).After(Send).Decide(Send)).Shadow).Rule?.Value);
    }

    [Fact]
    public void DocumentInShadow_IsNotEnforced_ButWhereARuleSaysSo()
    {
        var mission = Given.Mission(Grants + "enforce: false\nrules: [{ id: soft, budget: { max: 1 } }, { id: hard, enforce: true, budget: { max: 2 } }]").After(Send);

        Assert.Equal("soft", Assert.Single(Assert.IsType<Decision.Permit>(mission.Decide(Send)).Shadow).Rule?.Value);
        Assert.Equal("hard", mission.After(Send).Decide(Send).Denied().Rule?.Value);
        Assert.Equal(ReasonCode.ToolNotGranted, mission.Decide(Call.To(Tool.Write("mail/erase"))).Denied().Reason);
    }

    [Fact]
    public void LayerInShadow_LeavesTheOthersEnforced()
    {
        var sources = new RuleSources(Given.Guardrails("enforce: false\nrules: [{ id: soft, budget: { max: 1 } }]"), [Given.Terms("mail", "rules: [{ id: hard, budget: { max: 2 } }]")]);
        var mission = Given.Under(sources, Given.Template(Grants)).After(Send);

        Assert.Equal("guardrails/soft", Assert.Single(Assert.IsType<Decision.Permit>(mission.Decide(Send)).Shadow).Rule?.Value);
        Assert.Equal("mail/hard", mission.After(Send).Decide(Send).Denied().Rule?.Value);
    }

    [Fact]
    public void RuleInShadow_ThatFails_IsRecordedAsFailed()
    {
        var mission = Given.Mission(Grants + "rules: [{ id: broken, enforce: false, require: 'call.args.missing == 1' }]");

        Assert.Equal(ReasonCode.RuleFailed, Assert.Single(Assert.IsType<Decision.Permit>(mission.Decide(Send)).Shadow).Reason);
    }
}
