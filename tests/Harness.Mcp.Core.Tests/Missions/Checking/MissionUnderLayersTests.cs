using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions.Checking;

/// <summary>A mission is checked under the guardrails and terms that would hold for it.</summary>
public class MissionUnderLayersTests
{
    private const string Grants = """
        grants:
          - read: [hr/get_employee, directory/get_user]
          - tools: [mail/send]
        """;

    private const string Leak = "warning: `personal` can still reach `external` through hr/get_employee → mail/send.";

    [Fact]
    public void Flow_IsNotShown_WhereGuardrailsOrTermsCloseIt()
    {
        Assert.Contains(Leak, Flows(Grants, RuleSources.None));
        Assert.DoesNotContain(Flows(Grants, Guardrails("flow: { label: personal, to: external }")), IsExternal);
        Assert.DoesNotContain(Flows(Grants, Terms("mail", "never-after: { tools: [hr/get_employee] }")), IsExternal);

        // The terms of a backend judge its own calls alone.
        Assert.Contains(Leak, Flows(Grants, Terms("directory", "never-after: { tools: [hr/get_employee] }")));
    }

    [Fact]
    public void Flow_IsANote_WhereGuardrailsMayStopIt() => Assert.Contains(
        "note: `personal` can still reach `external` through hr/get_employee → mail/send, unless `guardrails/theirs` stops it, which depends on more than the tools.",
        Flows(Grants, Guardrails("on: [mail/send], forbid: 'call.args.body.contains(\"@\")'")));

    [Fact]
    public void Grant_IsNeverUsed_WhereGuardrailsForbidItsTool_OrWhatMustComeBefore()
    {
        Assert.Equal(
            ["8:13 grant-never-used `mail/send` is granted, but `guardrails/theirs` (guardrails.yaml:2:9) denies every call of it. Remove the grant, or ask the rule's author."],
            Check(Grants, Guardrails("on: [mail/send], forbid: 'true'")));
        Assert.Equal(
            ["8:13 grant-never-used `mail/send` is granted, but `mail/theirs` (mail.yaml:1:9) demands an earlier call of `siem/get_alert`, which this mission can never make. Remove the grant, or ask the rule's author."],
            Check(Grants, Terms("mail", "before: { tools: [siem/get_alert] }")));
        Assert.Empty(Check(Grants, Terms("mail", "before: { tools: [directory/get_user] }"), Severity.Error));
    }

    [Fact]
    public void Grant_IsNeverUsed_WhereGuardrailsCloseWhatFillsItsAnchor()
    {
        const string Anchored = """
            inputs: { alert: { type: string } }
            anchors:
              alert: { inputs: [alert] }
              user: { results: [{ tool: siem/get_alert, field: user }] }
            grants:
              - { read: [siem/get_alert], anchored: { alert: alert } }
              - { tools: [directory/disable_user], anchored: { user: user } }
            """;

        var found = Check(Anchored, Guardrails("on: [siem/get_alert], forbid: 'true'"));

        Assert.Empty(Check(Anchored, RuleSources.None));
        Assert.Equal(2, found.Length);
        Assert.StartsWith("11:14 grant-never-used `siem/get_alert` is granted, but `guardrails/theirs`", found[0], StringComparison.Ordinal);
        Assert.StartsWith("12:15 grant-never-used No call of `directory/disable_user` could be permitted: the anchor `user` never holds a value", found[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Class_IsNotAtFault_WhereGuardrailsLeaveSomethingOfIt()
    {
        const string Classes = "grants: [{ read: ['domain:identity', hr/*] }]";

        Assert.Empty(Check(Classes, Guardrails("on: [wiki/search], forbid: 'true'")));
        Assert.StartsWith(
            "6:38 grant-never-used `hr/*` is granted, but `guardrails/theirs`", Assert.Single(Check(Classes, Guardrails("on: [hr/get_employee], forbid: 'true'"))), StringComparison.Ordinal);
    }

    /// <summary>The mission demands what guardrails forbid to follow: neither rule alone closes the tool.</summary>
    [Fact]
    public void Grant_IsNeverUsed_WhereLayersContradictEachOther()
    {
        const string LookFirst = Grants + "\nrules: [{ id: look, on: [mail/send], before: { tools: [hr/get_employee] } }]";
        var guardrails = Guardrails("flow: { label: personal, to: external }");

        Assert.Equal(
            ["8:13 grant-never-used No chain of calls leads to `mail/send`: whatever came before, `guardrails/theirs` (guardrails.yaml:2:9) or `look` (line 9) denies it. Remove the grant, or change one of these rules: they close the way together."],
            Check(LookFirst, guardrails, Severity.Error));
        Assert.Empty(Check(LookFirst, RuleSources.None, Severity.Error));
        Assert.Empty(Check(LookFirst.Replace("hr/get_employee] } }", "hr/get_employee, directory/get_user] } }", StringComparison.Ordinal), guardrails, Severity.Error));
        Assert.Empty(Check(LookFirst, Guardrails("flow: { label: personal, to: external, unless: approved }"), Severity.Error));
        Assert.Empty(Check(LookFirst, Guardrails("enforce: false, flow: { label: personal, to: external }"), Severity.Error));
    }

    [Fact]
    public void Conflict_NamesThePlacesOfTheOtherRules()
    {
        var finding = Assert.Single(
            MissionCheck.Against(Given.Template(Grants), Guardrails("on: [mail/send], forbid: 'true'"), Office.Catalog), finding => finding.Kind == CheckKind.GrantNeverUsed);

        Assert.Equal("guardrails.yaml:2:9", Assert.Single(finding.Related).ToString());
    }

    [Theory]
    [InlineData("budget: { max: 3 }", "budget: { max: 9 }", "warning: The rule `mine` decides nothing: `guardrails/theirs` (guardrails.yaml:2:9) denies all that it denies, and more.")]
    [InlineData("budget: { max: 3 }", "budget: { max: 3 }", "note: The rule `mine` decides nothing: `guardrails/theirs` (guardrails.yaml:2:9) denies the same.")]
    [InlineData("budget: { max: 3 }", "budget: { max: 2 }", "")]
    [InlineData("enforce: false, budget: { max: 3 }", "budget: { max: 9 }", "")]
    [InlineData("flow: { label: personal, to: external }", "flow: { label: personal, to: external }", "note: The rule `mine` decides nothing: `guardrails/theirs` (guardrails.yaml:2:9) denies the same.")]
    [InlineData("flow: { label: personal, to: external, unless: approved }", "flow: { label: personal, to: external }", "")]
    [InlineData("carry: { refuse: [link, personal] }", "carry: { refuse: [link] }", "warning: The rule `mine` decides nothing: `guardrails/theirs` (guardrails.yaml:2:9) denies all that it denies, and more.")]
    [InlineData("carry: { args: [body], refuse: [link, personal] }", "carry: { refuse: [link] }", "")]
    public void RuleThatDecidesNothing_IsTold(string theirs, string mine, string expected)
    {
        var found = MissionCheck.Against(Given.Template($"{Grants}\nrules: [{{ id: mine, on: [mail/send], {mine} }}]"), Guardrails($"on: [mail/send], {theirs}"), Office.Catalog)
            .Where(finding => finding.Kind == CheckKind.RuleSuperfluous);

        Assert.Equal(expected, string.Concat(found.Select(finding => $"{finding.Severity.ToString().ToLowerInvariant()}: {finding.Message}")));
    }

    [Fact]
    public void RuleThatStandsTwice_IsTold_InOneMissionToo()
    {
        var found = Check($"{Grants}\nrules: [{{ id: a, on: [mail/send], budget: {{ max: 2 }} }}, {{ id: b, on: [mail/send], budget: {{ max: 2 }} }}]", RuleSources.None);

        Assert.Contains("9:57 rule-superfluous The rule `b` decides nothing: `a` (line 9) denies the same. Remove it, or make it stricter.", found);
    }

    [Fact]
    public void Rule_NeverFires_WhereGuardrailsCloseWhatItWatches_OrWhatBringsItsLabel()
    {
        const string Watching = Grants + "\nrules: [{ id: mine, RULE }]";

        Assert.Contains(
            "9:9 rule-never-fires The rule `mine` never denies anything: no call of `mail/send` could be permitted without it either. Correct the rule, or remove it.",
            Check(Watching.Replace("RULE", "on: [mail/send], budget: { max: 1 }", StringComparison.Ordinal), Guardrails("on: [mail/send], forbid: 'true'")));
        Assert.Contains(
            "9:9 rule-never-fires The rule `mine` never denies anything: nothing that brings the label `personal` can ever be called (`hr/get_employee`). Correct the rule, or remove it.",
            Check(Watching.Replace("RULE", "flow: { label: personal, to: external }", StringComparison.Ordinal), Guardrails("on: [hr/get_employee], forbid: 'true'")));
    }

    private static bool IsExternal(string flow) => flow.Contains("`external`", StringComparison.Ordinal);

    private static RuleSources Guardrails(string rule) => new(Given.Guardrails($"rules: [{{ id: theirs, {rule} }}]"), []);

    private static RuleSources Terms(string backend, string rule) => new(null, [Given.Terms(backend, $"rules: [{{ id: theirs, {rule} }}]")]);

    private static string[] Flows(string parts, RuleSources sources) =>
    [
        .. MissionCheck.Against(Given.Template(parts), sources, Office.Catalog)
            .Where(finding => finding.Kind == CheckKind.FlowPossible)
            .Select(finding => $"{finding.Severity.ToString().ToLowerInvariant()}: {finding.Message}"),
    ];

    private static string[] Check(string parts, RuleSources sources, Severity least = Severity.Warning) =>
    [
        .. MissionCheck.Against(Given.Template(parts), sources, Office.Catalog)
            .Where(finding => finding.Severity >= least && finding.Kind != CheckKind.FlowPossible)
            .Select(finding => $"{finding.Position.Line}:{finding.Position.Column} {finding.Kind.Id} {finding.Message} {finding.Remedy}".TrimEnd()),
    ];
}
