using CsCheck;
using System.Text.Json;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions.Checking;

public class FlowCheckTests
{
    private const string MailGrant = "tools: [mail/send, mail/archive]";

    private const string Grants = """
        inputs: { alert: { type: string } }
        anchors:
          alert: { inputs: [alert] }
          user: { results: [{ tool: siem/get_alert, field: user }] }
        grants:
          - { read: [siem/get_alert, hr/get_employee], anchored: { alert: alert, user: user } }
          - read: [directory/get_user]
          - tools: [mail/send, mail/archive]
        """;

    [Fact]
    public void Flow_IsShown_WithAShortestChain()
    {
        // hr/get_employee needs a user of the mission, and only the alert brings one.
        Assert.Equal("warning: `personal` can still reach `external` through siem/get_alert → hr/get_employee → mail/send.", Flows("").First());
        Assert.Equal("note: `personal` can still reach `internal` through siem/get_alert → hr/get_employee → mail/archive.", Flows("").Last());
    }

    [Fact]
    public void Flow_IsNotShown_WhereARuleClosesIt()
    {
        Assert.DoesNotContain(Flows("- { id: a, flow: { label: personal, to: external } }"), flow => flow.Contains("external", StringComparison.Ordinal));
        Assert.DoesNotContain(
            Flows("""- { id: a, forbid: '"external" in call.sinks && chain.exists(l, "personal" in l.labels)' }"""),
            flow => flow.Contains("external", StringComparison.Ordinal));
        Assert.DoesNotContain(
            Flows("- { id: a, on: [mail/send], never-after: { tools: [hr/get_employee] } }"), flow => flow.Contains("external", StringComparison.Ordinal));
        Assert.DoesNotContain(
            Flows("- { id: a, on: [mail/send], never-after: { tools: [siem/get_alert] } }"), flow => flow.Contains("external", StringComparison.Ordinal));
    }

    [Fact]
    public void Flow_IsStillShown_WhereARuleClosesOnlyAnotherOne() =>
        Assert.Contains(
            "warning: `personal` can still reach `external` through siem/get_alert → hr/get_employee → mail/send.",
            Flows("""
                - { id: a, flow: { label: personal, to: internal } }
                  - { id: b, on: [mail/send], never-after: { tools: [mail/archive] } }
                """));

    [Fact]
    public void Chain_GoesThroughWhatARuleDemandsBefore() =>
        Assert.Equal(
            "warning: `personal` can still reach `external` through siem/get_alert → hr/get_employee → directory/get_user → mail/send.",
            Flows("""- { id: a, on: [mail/send], require: 'chain.exists(l, l.tool == "directory/get_user")' }""").First().Replace(
                "siem/get_alert → directory/get_user → hr/get_employee", "siem/get_alert → hr/get_employee → directory/get_user", StringComparison.Ordinal).Replace(
                "directory/get_user → siem/get_alert → hr/get_employee", "siem/get_alert → hr/get_employee → directory/get_user", StringComparison.Ordinal));

    [Fact]
    public void Chain_KeepsToBudgets() =>
        Assert.DoesNotContain(
            Flows("- { id: a, on: ['effect:read', 'effect:send'], budget: { max: 2 } }"), flow => flow.Contains("external", StringComparison.Ordinal));

    [Fact]
    public void Flow_IsANote_WhereARuleMayStopIt() =>
        Assert.Contains(
            "note: `personal` can still reach `external` through siem/get_alert → hr/get_employee → mail/send, unless `a` stops it, which depends on more than the tools.",
            Flows("- { id: a, on: [mail/send], forbid: 'call.args.body.contains(\"@\")' }"));

    [Fact]
    public void Flow_IsANote_WherePeopleMustApproveIt()
    {
        Assert.Contains(
            "note: `personal` can still reach `external` through siem/get_alert → hr/get_employee → mail/send, where people approve it, as `a` asks.",
            Flows("- { id: a, flow: { label: personal, to: external, unless: approved } }"));
        Assert.Contains(
            "note: `personal` can still reach `external` through siem/get_alert → hr/get_employee → mail/send, where people approve it, as `grants[2]` asks.",
            Flows("", "tools: [mail/send, mail/archive]\n    approval: { by: [lead] }"));
        Assert.Contains(
            "note: `personal` can still reach `external` through siem/get_alert → hr/get_employee → mail/send, unless `grants[2]` stops it, which depends on more than the tools.",
            Flows("", "tools: [mail/send, mail/archive]\n    approval: { by: [lead], when: 'call.args.copies > 3' }"));
        Assert.Contains(
            "warning: `personal` can still reach `external` through siem/get_alert → hr/get_employee → mail/send.",
            Flows("", "tools: [mail/send, mail/archive]\n    approval: { by: [lead], when: 'chain.exists(l, l.tool == \"directory/get_user\")' }"));
    }

    [Fact]
    public void Flow_IsStillOpen_WhereARuleAsksOnlyWhatComesAfter() =>
        Assert.Contains(
            "warning: `personal` can still reach `external` through siem/get_alert → hr/get_employee → mail/send.",
            Flows("- { id: a, on: [mail/send], then: { tools: [mail/archive], within: 1h, otherwise: report } }"));

    [Fact]
    public void Flow_IsANote_WhereWhatItCarriesIsLookedAt() =>
        Assert.Contains(
            "note: `personal` can still reach `external` through siem/get_alert → hr/get_employee → mail/send, unless `a` stops it, which depends on more than the tools.",
            Flows("- { id: a, on: [mail/send], carry: { args: [body], refuse: [personal] } }"));

    [Fact]
    public void Flow_IsClosed_ForLabelsThatAreMoreRestricted_ByTheOrderOfLabels()
    {
        Assert.Contains(Flows("- { id: a, flow: { label: internal-only, to: external } }"), IsOfPersonalOutside);
        Assert.DoesNotContain(Flows("- { id: a, flow: { label: internal-only, to: external } }", labels: "labels: ['internal-only < personal']"), IsOfPersonalOutside);
        Assert.Contains(Flows("- { id: a, flow: { label: secret, to: external } }", labels: "labels: ['personal < secret']"), IsOfPersonalOutside);
    }

    [Fact]
    public void Flow_IsANote_WhereADeclassifierClearsTheLabel_AndClosedWithoutIt()
    {
        const string Rule = "- { id: a, flow: { label: personal, to: external } }";

        // The way leads over the declassifier alone; what is read after it is not cleared.
        Assert.Equal(
            "note: `personal` can still reach `external` through siem/get_alert → hr/get_employee → directory/get_user → mail/send, after a call that clears it for `a`.",
            Assert.Single(Flows(Rule, labels: "declassify: { label: personal, by: [directory/get_user] }"), IsOfPersonalOutside));
        Assert.DoesNotContain(Flows(Rule, labels: "declassify: { label: secret, by: [directory/get_user] }"), IsOfPersonalOutside);

        // A tool that cannot be called clears nothing, nor one that brings the label again.
        Assert.DoesNotContain(Flows(Rule, labels: "declassify: { label: personal, by: [wiki/edit] }"), IsOfPersonalOutside);
        Assert.DoesNotContain(Flows(Rule, labels: "declassify: { label: personal, by: [hr/get_employee] }"), IsOfPersonalOutside);
    }

    [Fact]
    public void Flow_IsStillOpen_WhereTheRuleThatWouldCloseItIsInShadow()
    {
        var finding = Assert.Single(
            MissionCheck.Against(Given.Template(Grants + "\nrules: [{ id: a, enforce: false, flow: { label: personal, to: external } }]"), Office.Catalog),
            finding => finding.Kind == CheckKind.FlowPossible && finding.Severity == Severity.Warning);

        Assert.Equal("`personal` can still reach `external` through siem/get_alert → hr/get_employee → mail/send.", finding.Message);
        Assert.Equal("If that must not be, let the rule `a` (line 14) be enforced: in shadow it stops nothing.", finding.Remedy);
    }

    [Fact]
    public void Chain_CallsAgain_WhatWasUndone() => Assert.Contains(
        "warning: `personal` can still reach `external` through siem/get_alert → hr/get_employee → directory/get_user → mail/send.",
        Flows("""
            - { id: a, on: [mail/send], before: { tools: [directory/get_user], not-since: [hr/get_employee] } }
              - { id: b, on: [hr/get_employee], before: { tools: [directory/get_user] } }
            """).Select(flow => flow.Replace("siem/get_alert → directory/get_user → hr", "siem/get_alert → hr", StringComparison.Ordinal)
            .Replace("directory/get_user → siem/get_alert → hr", "siem/get_alert → hr", StringComparison.Ordinal)));

    [Theory]
    [InlineData("asks: [elicitation]", true)]
    [InlineData("asks: [roots]", false)]
    [InlineData("when: 'true'", false)]
    public void Flow_BeginsWithWhatAnAgentAnswers(string asks, bool isShown)
    {
        var flows = MissionCheck.Against(Given.Template($"grants: [{{ tools: [shop/pay], {asks} }}, {{ tools: [mail/send] }}]"), Office.Catalog)
            .Where(finding => finding.Kind == CheckKind.FlowPossible)
            .Select(finding => finding.Message);

        Assert.Equal(isShown ? ["`personal` can still reach `external` through shop/pay → mail/send."] : [], flows);
    }

    private static bool IsOfPersonalOutside(string flow) => flow.Contains("`personal` can still reach `external`", StringComparison.Ordinal);

    /// <summary>On random small worlds, the search must find a flow exactly where some chain of permitted calls shows it to the rules themselves.</summary>
    [Fact]
    public void Search_AgreesWithTheRulesThemselves_OnRandomMissions()
    {
        var tools = new[]
        {
            Tool.Read("a/one", "secret"), Tool.Read("a/two", "personal"), Tool.Write("b/plain"), Tool.Send("b/out"), Tool.Send("b/in", "internal"),
        };
        var catalog = new KnownTools([.. tools.Select(tool => new KnownTool(tool, JsonElement.Parse("{}"), null, true))], []);
        var names = tools.Select(tool => tool.Id.ToString()).ToArray();
        var (found, closed, unreached) = (0, 0, 0);

        Check.Sample(
            Gen.Select(Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 8]).Array[1, 7], Gen.Int[0, 7], Gen.Int[0, 3]),
            (rules, inMission, words) =>
            {
                // The first rules are the mission's own; the others are guardrails. Who says what of labels changes nothing but for declassifiers.
                var (own, above) = (Text(rules.Take(inMission), 0), Text(rules.Skip(inMission), inMission));
                var order = (words & 1) == 0 ? "" : "labels: ['personal < secret']\n";
                var clears = (words & 2) == 0 ? "" : "declassify: { label: secret, by: [b/plain] }\n";
                var template = Given.Template($"{clears}grants:\n  - read: [a/one, a/two]\n  - tools: [b/plain, b/out, b/in]\n{own}");
                var sources = new RuleSources(Given.Guardrails($"{order}{clears}{(above.Length == 0 ? "rules: []" : above)}"), []);
                var findings = MissionCheck.Against(template, sources, catalog);
                var shown = findings.Where(finding => finding.Kind == CheckKind.FlowPossible).Select(finding => finding.Message.Split(" through ")[0]).ToHashSet(StringComparer.Ordinal);

                // A tool that no chain leads to is told, whether one rule closes it or several together; and no other is.
                var told = names.Where(name => findings.Any(finding => finding.Severity == Severity.Error && IsClosed(finding.Message, name))).ToHashSet(StringComparer.Ordinal);

                // Most worlds show all that they have in five calls; where one does not, longer chains must.
                var (possible, callable) = Walked(Given.Under(sources, template), tools, callsMax: 5);
                if (!possible.SetEquals(shown) || callable.Overlaps(told) || callable.Count + told.Count < names.Length)
                    (possible, callable) = Walked(Given.Under(sources, template), tools, callsMax: 7);
                Assert.Equal(possible.Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));
                Assert.Equal(names.Except(callable, StringComparer.Ordinal).Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
                Interlocked.Add(ref found, possible.Count);
                Interlocked.Add(ref closed, 4 - possible.Count);
                Interlocked.Add(ref unreached, names.Length - callable.Count);

                string Text(IEnumerable<(int, int, int, int)> some, int from) =>
                    some.Any() ? $"rules:\n{string.Join("\n", some.Select((rule, index) => $"  - {{ id: r{from + index}, {Rule(rule, names)} }}"))}" : "";
            },
            iter: 60);

        Assert.True(found > 20 && closed > 20 && unreached > 3, $"too uniform to tell anything: {found} found, {closed} closed, {unreached} unreached");
    }

    private static string Rule((int Tool, int Other, int Max, int Form) rule, string[] names) => rule.Form switch
    {
        0 => $"on: [{names[rule.Tool]}], before: {{ tools: [{names[rule.Other]}] }}",
        1 => $"on: [{names[rule.Tool]}], never-after: {{ tools: [{names[rule.Other]}] }}",
        2 => $"on: [{names[rule.Tool]}, {names[(rule.Other + rule.Tool + 1) % 5]}], budget: {{ max: {rule.Max + 1} }}".Replace($"[{names[rule.Tool]}, {names[rule.Tool]}]", $"[{names[rule.Tool]}]", StringComparison.Ordinal),
        3 => $"flow: {{ label: {(rule.Tool % 2 == 0 ? "personal" : "secret")}, to: {(rule.Other % 2 == 0 ? "external" : "internal")} }}",
        4 => $"on: [{names[rule.Tool]}], require: 'chain.exists(l, l.tool == \"{names[rule.Other]}\")'",
        5 => $"on: [{names[rule.Tool]}], forbid: 'chain.exists(l, \"secret\" in l.labels) && chain.exists(l, l.tool == \"{names[rule.Other]}\")'",
        7 => $"enforce: false, on: [{names[rule.Tool]}], never-after: {{ tools: [{names[rule.Other]}] }}",
        8 when rule.Tool != rule.Other => $"on: [b/out], before: {{ tools: [{names[rule.Tool]}], not-since: [{names[rule.Other]}] }}",
        _ => $"on: [{names[rule.Tool]}], forbid: 'chain.filter(l, l.tool == \"{names[rule.Other]}\").size() > 0'",
    };

    private static bool IsClosed(string finding, string tool) =>
        finding.Contains($"leads to `{tool}`", StringComparison.Ordinal)
        || finding.Contains($"`{tool}` is granted, but", StringComparison.Ordinal)
        || finding.Contains($"denies every call of `{tool}`", StringComparison.Ordinal);

    /// <summary>The flows and the callable tools that chains of permitted calls show, each tried on the real state.</summary>
    private static (HashSet<string> Possible, HashSet<string> Callable) Walked(MissionInTest start, Core.Tools.ToolFacts[] tools, int callsMax)
    {
        var (possible, callable) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        Walk([]);
        return (possible, callable);

        void Walk(Core.Tools.ToolFacts[] chain)
        {
            var mission = new MissionInTest(start.Links[0]).After([.. chain.Select(tool => Call.To(tool))]);
            foreach (var tool in tools.Where(tool => mission.Decide(Call.To(tool)) is Core.Decisions.Decision.Permit))
            {
                callable.Add(tool.Id.ToString());
                foreach (var sink in tool.Sinks)
                    foreach (var label in chain.SelectMany(call => call.Labels.All))
                        possible.Add($"`{label}` can still reach `{sink}`");

                // Twice is often enough: what a call undoes, another does again.
                if (chain.Length < callsMax - 1 && chain.Count(call => call == tool) < 2)
                    Walk([.. chain, tool]);
            }
        }
    }

    private static IEnumerable<string> Flows(string rules, string mail = MailGrant, string labels = "") =>
        MissionCheck.Against(Given.Template(Grants.Replace(MailGrant, mail, StringComparison.Ordinal) + "\n" + labels + (rules.Length == 0 ? "" : $"\nrules:\n  {rules}")), Office.Catalog)
            .Where(finding => finding.Kind == CheckKind.FlowPossible)
            .Select(finding => $"{finding.Severity.ToString().ToLowerInvariant()}: {finding.Message}")
            .Order(StringComparer.Ordinal).Reverse();
}
