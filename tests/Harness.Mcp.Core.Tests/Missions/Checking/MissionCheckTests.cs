using System.Text.Json;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions.Checking;

public class MissionCheckTests
{
    private static readonly KnownTools Catalog = new(
    [
        Known(Tool.Read("siem/get_alert"), Arguments("alert")),
        Known(Tool.Read("siem/list_alerts"), Arguments()),
        Known(Tool.Write("siem/close_alert"), Arguments("alert", "status")),
        Known(Tool.Read("directory/get_user").In("identity"), Arguments("user")),
        Known(Tool.Write("directory/disable_user").In("identity"), Arguments("user", "reason")),
        Known(Tool.Write("fleet/release"), """{ "properties": { "alert": {}, "reason": {} }, "required": ["alert", "reason"] }"""),
        Known(Tool.Send("mail/send").In("data"), """{ "allOf": [{ "properties": { "to": {} } }] }"""),
    ],
    []);

    [Fact]
    public void MissionThatFitsTheCatalog_HasNoProblems()
    {
        var problems = Check("""
            grants:
              - read: [siem/get_alert, "domain:identity"]
              - tools: [directory/disable_user, mail/send]
            rules:
              - { id: a, on: [directory/disable_user], before: { tools: [directory/get_user], same: [user] } }
              - { id: b, on: ["effect:send"], never-after: { tools: [siem/close_alert] } }
            """);

        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("grants: [{ read: [siem/get_alrt] }]", "6:19: The backend `siem` has no tool `get_alrt`. Did you mean `get_alert`?")]
    [InlineData("grants: [{ read: [siem/resources/reed] }]", "6:19: The backend `siem` has no tool `resources/reed`. Did you mean `resources/read`?")]
    [InlineData("grants: [{ read: [siem/resources/read] }]", "6:19: The backend `siem` is not known to have resources: its file describes none, and it published none that is pinned.")]
    [InlineData("grants: [{ read: [siem/prompts/get] }]", "6:19: The backend `siem` is not known to have prompts: its file describes none, and it published none that is pinned.")]
    [InlineData("grants: [{ read: [sim/resources/read] }]", "6:19: There is no backend `sim`. Did you mean `siem`?")]
    [InlineData("grants: [{ read: [sim/get_alert] }]", "6:19: There is no backend `sim`. Did you mean `siem`?")]
    [InlineData("grants: [{ read: [sim/*] }]", "6:19: `sim/*` selects no tool of the catalog. Did you mean `siem`?")]
    [InlineData("grants: [{ read: ['domain:identiy'] }]", "6:19: `domain:identiy` selects no tool of the catalog. Did you mean `identity`?")]
    [InlineData("grants: [{ read: [mail/*] }]", "6:19: `mail/*` selects no reads, and a class grants reads alone.")]
    [InlineData(
        "grants: [{ read: [siem/close_alert] }]",
        "6:19: `siem/close_alert` is not a read but of the effect `write`, so `read` does not grant it. Grant it by name: `tools: [siem/close_alert]`.")]
    [InlineData(
        "grants: [{ read: [siem/get_alert, directory/get_user] }, { read: ['domain:identity'], args: { user: false } }]",
        "6:67: `directory/get_user` is granted twice with different limits: `grants[0]` (line 6) and `grants[1]` (line 6) differ in `args`.")]
    [InlineData(
        "grants: [{ tools: [directory/disable_user], args: { reson: { maxLength: 5 } } }]",
        "6:53: `directory/disable_user` has no argument `reson`. Did you mean `reason`?")]
    [InlineData(
        "grants: [{ tools: [mail/send] }]\nrules: [{ id: a, on: ['domain:data', 'effect:admin'], budget: { max: 1 } }]",
        "7:38: The mission grants nothing that `effect:admin` selects.")]
    [InlineData(
        "grants: [{ tools: [siem/close_alert] }]\nrules: [{ id: a, on: [siem/close_alert], wall: { by: call.args.alrt } }]",
        "7:23: `siem/close_alert` has no argument `alrt`, which the rule `a` reads, so every call of it would be denied. Did you mean `alert`?")]
    [InlineData(
        "grants: [{ tools: [directory/disable_user], bound: { usr: { input: boss } } }]\ninputs: { boss: { type: string } }",
        "6:54: `directory/disable_user` has no argument `usr`, so nothing would be bound. Did you mean `user`?")]
    [InlineData(
        "grants: [{ read: [siem/*] }, { tools: [siem/close_alert], bound: { alert: { tool: siem/get_alrt } } }]",
        "6:75: The backend `siem` has no tool `get_alrt`. Did you mean `get_alert`?")]
    [InlineData(
        "grants: [{ tools: [siem/close_alert] }]\nrules: [{ id: a, on: [siem/close_alert], carry: { args: [statu], refuse: link } }]",
        "7:23: `siem/close_alert` has no argument `statu`, so the rule `a` would never look at one. Did you mean `status`?")]
    public void Check_NamesWhatDoesNotFit(string parts, string problem)
    {
        var problems = Check(parts);

        Assert.StartsWith(problem, Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void AnchoredGrant_IsRefused_ForAToolWithoutAnyAnchoredArgument()
    {
        const string Parts = """
            inputs: { alert: { type: string } }
            anchors: { alert: { inputs: [alert] } }
            grants: [{ read: [siem/*], anchored: { alert: alert } }]
            """;

        var problem = Assert.Single(Check(Parts));

        Assert.StartsWith("8:19: `siem/list_alerts` has none of the anchored arguments `alert`", problem, StringComparison.Ordinal);
        Assert.EndsWith("list it under `unanchored: [siem/list_alerts]`.", problem, StringComparison.Ordinal);
        Assert.Empty(Check($"{Parts}\nunanchored: [siem/list_alerts]"));
    }

    [Fact]
    public void ProxysOwnCall_NeedsEveryArgument_ThatItsToolDemands()
    {
        const string Parts = """
            grants: [{ tools: [siem/close_alert] }]
            rules: [{ id: a, on: [siem/close_alert], then: { tools: [fleet/release], same: [alert], within: 1h, otherwise: run } }]
            """;

        var problem = Assert.Single(Check(Parts));

        Assert.StartsWith("7:58: `fleet/release` demands the argument `reason`, and the rule `a` does not say", problem, StringComparison.Ordinal);
        Assert.Empty(Check(Parts.Replace("otherwise: run", "otherwise: run, with: { reason: over }", StringComparison.Ordinal)));
    }

    // Missing examples are a hint that every mission here would get.
    private static string[] Check(string parts) =>
    [
        .. MissionCheck.Against(Given.Template(parts), Catalog)
            .Where(finding => finding.Severity > Severity.Note)
            .Select(finding => $"{finding.Position}: {finding.Message} {finding.Remedy}".TrimEnd()["test.yaml:".Length..]),
    ];

    private static KnownTool Known(ToolFacts tool, string input) => new(tool, JsonElement.Parse(input), null, true);

    private static string Arguments(params string[] names) =>
        $$"""{ "type": "object", "properties": { {{string.Join(", ", names.Select(name => $"\"{name}\": {{}}"))}} } }""";
}
