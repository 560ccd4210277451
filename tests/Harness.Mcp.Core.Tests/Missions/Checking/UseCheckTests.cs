using Harness.Mcp.Core.Missions.Checking;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions.Checking;

public class UseCheckTests
{
    private const string Anchored = """
        inputs: { alert: { type: string } }
        anchors:
          alert: { inputs: [alert] }
          user: { results: [{ tool: siem/get_alert, field: "FIELD" }] }
        grants:
          - { read: [siem/get_alert], anchored: { alert: alert } }
          - { tools: [directory/disable_user], anchored: { user: user } }
        """;

    [Fact]
    public void AnchorField_MustBeInTheResultsOfItsTool()
    {
        Assert.Empty(Office.Check(Anchored.Replace("FIELD", "user", StringComparison.Ordinal)));
        Assert.Empty(Office.Check(Anchored.Replace("FIELD", "events[].kind", StringComparison.Ordinal)));
        Assert.Equal(
            "9:21 unknown-field Results of `siem/get_alert` have no field `usr`, so nothing of `usr` could enter the anchor. Did you mean `user`?",
            Assert.Single(Office.Check(Anchored.Replace("FIELD", "usr", StringComparison.Ordinal))));
        Assert.Contains("have no field `knd`", Assert.Single(Office.Check(Anchored.Replace("FIELD", "events[].knd", StringComparison.Ordinal))), StringComparison.Ordinal);
    }

    [Fact]
    public void Grant_IsNeverUsed_WhereWhatFillsItsAnchorCannotBeCalled()
    {
        var found = Office.Check($$"""
            {{Anchored.Replace("FIELD", "user", StringComparison.Ordinal)}}
            rules:
              - { id: closed, on: [siem/get_alert], require: 'call.effect == "write"' }
            """);

        Assert.Equal(
            [
                "12:15 grant-never-used No call of `directory/disable_user` could be permitted: the anchor `user` never holds a value, since nothing that fills it can be called. Give the anchor `inputs`, or a tool that can be called.",
                "14:5 rule-always-denies The rule `closed` denies every call of `siem/get_alert`, whatever its arguments and whatever came before. Correct the expression, or take the tool out of the grants.",
            ],
            found);
    }

    [Fact]
    public void Pages_AreNeverAllowed_WhereNoOwnerListsHosts()
    {
        Assert.EndsWith(
            " ask-never-allowed The grant has `elicitation-url`, and no owner of its tools lists hosts, so every page that a user is sent to is refused. List them in the backend's file, `asks: { hosts: […] }`, or take it out of `asks`.",
            Assert.Single(Office.Check("grants: [{ tools: [mail/archive, directory/disable_user], asks: [elicitation-url, elicitation] }]")),
            StringComparison.Ordinal);
        Assert.Empty(Office.Check("grants: [{ tools: [mail/archive], asks: [elicitation] }]"));
        Assert.Empty(Office.Check("grants: [{ tools: [mail/archive, shop/pay], asks: [elicitation-url] }]"));
    }

    [Theory]
    [InlineData("when: 'call.effect == \"money\"'", "grant-never-used This condition is false for every tool that the grant selects")]
    [InlineData("args: { body: false }", "")] // An argument that no call needs can be left out.
    [InlineData("args: { user: false }", "grant-never-used Every call of `directory/disable_user` needs `user`, and no value of it fits")]
    [InlineData("args: { user: { type: integer } }", "grant-never-used Every call of `directory/disable_user` needs `user`, and no value of it fits")]
    [InlineData("args: { user: { maxLength: 9 } }", "")]
    public void Grant_IsNeverUsed_WhereItsLimitsLeaveNothing(string limit, string finding)
    {
        var found = Office.Check($"grants: [{{ tools: [mail/archive, directory/disable_user], {limit} }}]");

        if (finding.Length == 0)
            Assert.Empty(found);
        else
            Assert.Contains(finding, Assert.Single(found), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("on: [mail/send], before: { tools: [directory/get_user] }", "")]
    [InlineData("on: [mail/send], before: { tools: [mail/send] }", "rule-always-denies The rule `a` denies every call of `mail/send`: `mail/send` can never be called before it.")]
    [InlineData("on: [mail/send], forbid: 'call.domain in [\"mail\", \"wiki\"]'", "rule-always-denies The rule `a` denies every call of `mail/send`, whatever")]
    [InlineData("on: [mail/send], require: 'chain.exists(l, l.effect == \"money\")'", "rule-always-denies The rule `a` denies every call of `mail/send`, whatever")]
    [InlineData("on: [mail/send], require: 'chain.exists(l, l.effect == \"read\")'", "")]
    [InlineData("on: [mail/send], require: 'chain.filter(l, l.domain == \"siem\").size() > 0'", "rule-always-denies The rule `a` denies every call of `mail/send`, whatever")]
    [InlineData("on: ['effect:send'], wall: { by: call.args.body }", "")]
    [InlineData("on: ['effect:send', 'domain:identity'], wall: { by: call.args.body }", "rule-always-denies The rule `a` reads the argument `body`, which `directory/get_user` does not have")]
    public void Rule_AlwaysDenies_WhatItCanNeverLetPass(string rule, string finding) => Assert.Equal(finding, Cut(Rule(rule), finding));

    [Theory]
    [InlineData("forbid: 'call.effect == \"money\"'", "rule-never-fires The rule `a` never denies anything: the expression is false for every call that it watches.")]
    [InlineData("forbid: 'call.effect == \"send\" && call.args.body == \"\"'", "")]
    [InlineData("require: 'chain.all(l, l.effect != \"money\")'", "rule-never-fires The rule `a` never denies anything: the expression is true for every call that it watches.")]
    [InlineData("when: 'call.backend == \"wiki\"', budget: { max: 1 }", "rule-never-fires The rule `a` never denies anything: its `when` is false for every call that it watches.")]
    [InlineData("when: 'call.backend == \"mail\"', budget: { max: 1 }", "")]
    [InlineData("wall: { by: call.args.client }", "rule-never-fires The rule `a` never denies anything: no granted tool has the argument `client`.")]
    [InlineData("wall: { by: call.args.usr }", "rule-never-fires The rule `a` never denies anything: no granted tool has the argument `usr`. Did you mean `user`?")]
    [InlineData("wall: { by: call.args.user }", "")]
    [InlineData("flow: { label: personal, to: extrnal }", "rule-never-fires The rule `a` never denies anything: no granted tool leads to the sink `extrnal`. Did you mean `external`?")]
    [InlineData("flow: { label: persnal, to: external }", "rule-never-fires The rule `a` never denies anything: no granted tool brings the label `persnal`. Did you mean `personal`?")]
    [InlineData("flow: { label: personal, to: external }", "")]
    public void Rule_NeverFires_WhereNothingItWatchesCanBreakIt(string rule, string finding) => Assert.Equal(finding, Cut(Rule(rule), finding));

    [Fact]
    public void RuleInShadow_ClosesNothing_AndIsToldForWhatItWouldClose()
    {
        const string Parts = "grants: [{ tools: [mail/send, mail/archive] }]\nrules:\n  - { id: a, ENFORCE on: [mail/archive], forbid: 'true' }\n  - { id: b, on: [mail/send], before: { tools: [mail/archive] } }";

        Assert.Equal(
            ["8:5 rule-always-denies The rule `a` is in shadow, and would deny every call of `mail/archive`, whatever its arguments and whatever came before. Correct the expression, or take the tool out of the grants."],
            Office.Check(Parts.Replace("ENFORCE", "enforce: false,", StringComparison.Ordinal)));
        Assert.Equal(2, Office.Check(Parts.Replace("ENFORCE ", "", StringComparison.Ordinal), Severity.Error).Length);
    }

    [Theory]
    [InlineData("labels: ['public < personal']", "")]
    [InlineData("labels: ['personal < public']", "rule-never-fires The rule `a` never denies anything: no granted tool brings the label `public`.")]
    [InlineData("declassify: { label: public, by: [directory/get_user] }\nlabels: ['public < personal']", "")]
    public void FlowRule_Fires_WhereALabelIsBrought_ThatIsMoreRestricted(string labels, string finding) =>
        Assert.Equal(finding, Cut(Office.Check($"{labels}\ngrants: [{{ read: [hr/get_employee] }}, {{ tools: [mail/send] }}]\nrules: [{{ id: a, flow: {{ label: public, to: external }} }}]"), finding));

    [Fact]
    public void Tool_IsReported_WhereItsOwnerHasSaidNothing()
    {
        Assert.Empty(Office.Check("grants: [{ tools: [mail/send] }]"));
        Assert.StartsWith(
            "6:20 tool-undescribed The owner of `wiki` has said nothing of `wiki/edit`",
            Assert.Single(Office.Check("grants: [{ tools: [wiki/edit] }]")), StringComparison.Ordinal);
    }

    [Fact]
    public void Examples_AreMissedInANote()
    {
        var finding = Assert.Single(
            MissionCheck.Against(
                TestKit.Missions.Given.Template("grants: [{ tools: [mail/send] }]\nrules:\n  - { id: few, on: [mail/send], budget: { max: 1 } }"), Office.Catalog),
            finding => finding.Kind == CheckKind.ExamplesMissing);

        Assert.Equal(Severity.Note, finding.Severity);
        Assert.Equal("1 of 1 rules have no `examples`: `few`.", finding.Message);
    }

    private static string[] Rule(string rule) => Office.Check($$"""
        grants:
          - read: [directory/get_user, hr/get_employee]
          - tools: [mail/send]
        rules:
          - { id: a, {{rule}} }
        """);

    /// <summary>The findings about rules, cut to the length of what is expected.</summary>
    private static string Cut(string[] found, string expected)
    {
        var ofRules = found.Select(finding => finding[(finding.IndexOf(' ', StringComparison.Ordinal) + 1)..])
            .Where(finding => finding.StartsWith("rule-", StringComparison.Ordinal)).ToList();
        return ofRules.Count == 0 ? "" : ofRules[0][..Math.Min(ofRules[0].Length, Math.Max(expected.Length, 1))];
    }
}
