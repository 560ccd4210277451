using CsCheck;
using System.Text.Json;
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
        var found = 0;
        var closed = 0;

        Check.Sample(
            Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 6]).Array[0, 4],
            rules =>
            {
                var text = string.Join("\n", rules.Select((rule, index) => $"  - {{ id: r{index}, {Rule(rule, names)} }}"));
                var template = Given.Template($"grants:\n  - read: [a/one, a/two]\n  - tools: [b/plain, b/out, b/in]\n{(rules.Length == 0 ? "" : "rules:\n")}{text}");
                var shown = MissionCheck.Against(template, catalog)
                    .Where(finding => finding.Kind == CheckKind.FlowPossible).Select(finding => finding.Message.Split(" through ")[0]).ToHashSet(StringComparer.Ordinal);

                var possible = new HashSet<string>(StringComparer.Ordinal);
                Walk(template, tools, [], possible);
                Assert.Equal(possible.Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));
                Interlocked.Add(ref found, possible.Count);
                Interlocked.Add(ref closed, 4 - possible.Count);
            },
            iter: 60);

        Assert.True(found > 20 && closed > 20, $"too uniform to tell anything: {found} found, {closed} closed");
    }

    private static string Rule((int Tool, int Other, int Max, int Form) rule, string[] names) => rule.Form switch
    {
        0 => $"on: [{names[rule.Tool]}], before: {{ tools: [{names[rule.Other]}] }}",
        1 => $"on: [{names[rule.Tool]}], never-after: {{ tools: [{names[rule.Other]}] }}",
        2 => $"on: [{names[rule.Tool]}, {names[(rule.Other + rule.Tool + 1) % 5]}], budget: {{ max: {rule.Max + 1} }}".Replace($"[{names[rule.Tool]}, {names[rule.Tool]}]", $"[{names[rule.Tool]}]", StringComparison.Ordinal),
        3 => $"flow: {{ label: {(rule.Tool % 2 == 0 ? "personal" : "secret")}, to: {(rule.Other % 2 == 0 ? "external" : "internal")} }}",
        4 => $"on: [{names[rule.Tool]}], require: 'chain.exists(l, l.tool == \"{names[rule.Other]}\")'",
        5 => $"on: [{names[rule.Tool]}], forbid: 'chain.exists(l, \"secret\" in l.labels) && chain.exists(l, l.tool == \"{names[rule.Other]}\")'",
        _ => $"on: [{names[rule.Tool]}], forbid: 'chain.filter(l, l.tool == \"{names[rule.Other]}\").size() > 0'",
    };

    /// <summary>Every chain of permitted calls, tried on the real state; long enough for five tools.</summary>
    private static void Walk(Core.Missions.MissionTemplate template, Core.Tools.ToolFacts[] tools, Core.Tools.ToolFacts[] chain, HashSet<string> possible)
    {
        var mission = Given.Opened(template).After([.. chain.Select(tool => Call.To(tool))]);
        foreach (var tool in tools.Where(tool => mission.Decide(Call.To(tool)) is Core.Decisions.Decision.Permit))
        {
            foreach (var sink in tool.Sinks)
                foreach (var label in chain.SelectMany(call => call.Labels.All))
                    possible.Add($"`{label}` can still reach `{sink}`");
            if (chain.Length < 4 && !chain.Contains(tool))
                Walk(template, tools, [.. chain, tool], possible);
        }
    }

    private static IEnumerable<string> Flows(string rules, string mail = MailGrant) =>
        MissionCheck.Against(Given.Template(Grants.Replace(MailGrant, mail, StringComparison.Ordinal) + (rules.Length == 0 ? "" : $"\nrules:\n  {rules}")), Office.Catalog)
            .Where(finding => finding.Kind == CheckKind.FlowPossible)
            .Select(finding => $"{finding.Severity.ToString().ToLowerInvariant()}: {finding.Message}")
            .Order(StringComparer.Ordinal).Reverse();
}
