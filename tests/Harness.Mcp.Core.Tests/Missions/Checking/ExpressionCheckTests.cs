using Xunit;

namespace Harness.Mcp.Core.Tests.Missions.Checking;

public class ExpressionCheckTests
{
    private const string Grants = """
        grants:
          - read: [siem/get_alert, directory/get_user, hr/get_employee, wiki/search]
          - tools: [directory/disable_user, mail/archive]
        rules:
        """;

    [Fact]
    public void ConditionOfAnApproval_IsHeldToTheSchemasToo() =>
        Assert.Contains(
            Office.Check("grants: [{ tools: [directory/disable_user], approval: { by: [lead], when: 'call.args.usr == \"ada\"' } }]"),
            finding => finding.Contains("unknown-field `call.args` of `directory/disable_user` has no field `usr`. Did you mean `user`?", StringComparison.Ordinal));

    [Theory]
    [InlineData("call.args.user == \"ada\"")]
    [InlineData("has(call.args.reason) && call.args.reason.startsWith(\"because\")")]
    [InlineData("call.args[\"user\"] != \"ada\" && !(\"reason\" in call.args && call.args.?reason.orValue(\"\") == \"\")")]
    [InlineData("chain.exists(l, l.result.anything.at.all == 1)")] // hr/get_employee gives more than it lists.
    [InlineData("chain.exists(l, l.tool == \"siem/get_alert\" && l.result.severity > 3 && l.result.severity < 9.5 && l.result.severity != 4u)")]
    [InlineData("chain.exists(l, l.tool == \"siem/get_alert\" && l.result.events.exists(e, e.kind == \"login\" && e.count >= 1.5))")]
    [InlineData("chain.exists(l, l.tool == \"siem/get_alert\" && l.result.owner.mail == call.args.user)")]
    [InlineData("chain.all(l, l.tool != \"directory/get_user\" || l.result.enabled)")]
    [InlineData("chain.exists(l, l.backend == \"directory\" && l.effect == \"read\" && l.result.manager == null)")]
    [InlineData("call.args.user in chain.filter(l, l.tool == \"siem/get_alert\").map(l, l.result.user)")]
    [InlineData("call.args.user in chain.filter(a, a.tool == \"siem/get_alert\").map(b, b.result.user)")]
    [InlineData("chain.exists(l, l.tool in [\"directory/get_user\"] ? l.result.enabled : l.args.user == \"x\")")]
    [InlineData("chain.exists(l, l.tool.startsWith(\"siem/\") && l.result.hosts.size() > 1 && \"x\" in l.result.hosts)")]
    [InlineData("chain.exists(l, l.tool == \"wiki/search\" && l.result.whatever + 1 == l.args.limit)")] // Nothing is known of it.
    public void Expression_IsAccepted_WhereTheSchemasHaveWhatItReads(string expression) => Assert.Empty(Found(expression));

    [Theory]
    [InlineData("call.args.usr == \"ada\"", "10 unknown-field `call.args` of `directory/disable_user` has no field `usr`. Did you mean `user`?")]
    [InlineData("has(call.args.resaon)", "0 unknown-field `call.args` of `directory/disable_user` has no field `resaon`. Did you mean `reason`?")]
    [InlineData("\"usr\" in call.args", "0 unknown-field `call.args` of `directory/disable_user` has no field `usr`. Did you mean `user`?")]
    [InlineData("call.args[\"usr\"] == \"ada\"", "10 unknown-field `call.args` of `directory/disable_user` has no field `usr`. Did you mean `user`?")]
    [InlineData("call.args.?usr.orValue(\"\") == \"\"", "11 unknown-field `call.args` of `directory/disable_user` has no field `usr`. Did you mean `user`?")]
    [InlineData("call.args.user == 7", "15 wrong-type `==` does not take (string, int). Use each value as what its tool's schema says it is.")]
    [InlineData("call.args.user", "0 wrong-type The expression is of type string; a rule needs a bool. Compare it with something.")]
    [InlineData("call.args.user.name == \"ada\"", "15 wrong-type `call.args.user` of `directory/disable_user` is text, which has no field `name`. Use each value as what its tool's schema says it is.")]
    [InlineData(
        "chain.exists(l, l.tool == \"siem/get_alert\" && l.result.usr == call.args.user)",
        "55 unknown-field `l.result` of `siem/get_alert` has no field `usr`. Did you mean `user`?")]
    [InlineData(
        "chain.exists(l, l.result.enabeld && l.tool == \"directory/get_user\")",
        "25 unknown-field `l.result` of `directory/get_user` has no field `enabeld`. Did you mean `enabled`?")]
    [InlineData(
        "call.args.user in chain.filter(l, l.tool == \"siem/get_alert\").map(m, m.result.usr)",
        "78 unknown-field `m.result` of `siem/get_alert` has no field `usr`. Did you mean `user`?")]
    [InlineData(
        "chain.all(l, l.tool != \"siem/get_alert\" || l.result.severity == \"high\")",
        "61 wrong-type `==` does not take (int, string). Use each value as what its tool's schema says it is.")]
    [InlineData(
        "chain.exists(l, l.tool == \"siem/get_alert\" && l.result.hosts == \"h1\")",
        "61 wrong-type `==` does not take (list(string), string). Ask whether the list has the value with `in`.")]
    [InlineData(
        "chain.exists(l, l.tool == \"siem/get_alert\" && l.result.events.exists(e, e.knd == \"login\"))",
        "74 unknown-field `e` has no field `knd`. Did you mean `kind`?")]
    [InlineData(
        "chain.exists(l, l.tool == \"siem/get_alert\" && l.result.owner.phone == \"1\")",
        "61 unknown-field `l.result.owner` of `siem/get_alert` has no field `phone`. Known: `mail`.")]
    [InlineData(
        "chain.exists(l, l.tool == \"siem/get_alert\" && l.result.status == \"contaned\")",
        "65 never-equal `l.result.status` is never `contaned`. Did you mean `contained`?")]
    [InlineData("chain.exists(l, l.tool == \"siem/get_alrt\")", "26 unknown-tool There is no tool `siem/get_alrt`. Did you mean `siem/get_alert`?")]
    [InlineData("chain.exists(l, l.tool == \"get_alert\")", "26 unknown-tool `get_alert` does not name a tool. Did you mean `siem/get_alert`?")]
    [InlineData("chain.exists(l, l.backend in [\"siem\", \"hrr\"])", "38 unknown-tool There is no backend `hrr`. Did you mean `hr`?")]
    [InlineData("chain.exists(l, \"persnal\" in l.labels)", "16 never-equal No granted tool brings the label `persnal`. Did you mean `personal`?")]
    [InlineData("chain.exists(l, l.effect == \"raed\")", "28 never-equal `raed` is no effect. Did you mean `read`?")]
    [InlineData("chain.exists(l, l.outcome == \"oke\")", "29 never-equal `oke` is no outcome. Did you mean `ok`?")]
    [InlineData(
        "chain.exists(l, l.tool == \"mail/send\")",
        "26 never-equal `l.tool` is never `mail/send`: the mission does not grant it. Grant it, or remove the comparison.")]
    public void Expression_IsReported_WithThePlaceAndTheLikelyWord(string expression, string finding) => Assert.Equal(finding, Assert.Single(Found(expression)));

    [Fact]
    public void Field_MustExist_InAtLeastOneOfTheWatchedTools()
    {
        const string Rule = "  - { id: a, on: [directory/disable_user, mail/archive], forbid: 'has(call.args.FIELD)' }";

        Assert.Empty(Office.Check($"{Grants}\n{Rule.Replace("FIELD", "reason", StringComparison.Ordinal)}"));
        Assert.Empty(Office.Check($"{Grants}\n{Rule.Replace("FIELD", "body", StringComparison.Ordinal)}"));
        Assert.Contains(
            "`call.args` of `directory/disable_user` or `mail/archive` has no field `bdy`. Did you mean `body`?",
            Assert.Single(Office.Check($"{Grants}\n{Rule.Replace("FIELD", "bdy", StringComparison.Ordinal)}")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Guard_NarrowsWhichToolCounts()
    {
        const string Rule = "  - { id: a, on: [directory/disable_user, mail/archive], forbid: 'call.tool == \"mail/archive\" && has(call.args.reason)' }";

        Assert.Contains("`call.args` of `mail/archive` has no field `reason`.", Assert.Single(Office.Check($"{Grants}\n{Rule}")), StringComparison.Ordinal);
    }

    [Fact]
    public void ConditionsOfGrantsAndRules_AreCheckedToo()
    {
        var found = Office.Check("""
            grants:
              - tools: [mail/send]
                when: 'call.args.bdy != ""'
            rules:
              - { id: a, on: [mail/send], when: 'size(call.args.too) > 1', budget: { max: 3 } }
            """);

        Assert.Equal(
            [
                "8:21 unknown-field `call.args` of `mail/send` has no field `bdy`. Did you mean `body`?",
                "10:52 unknown-field `call.args` of `mail/send` has no field `too`. Did you mean `to`?",
            ],
            found);
    }

    // As `offset code message`: the rule stands on line 10, and its expression starts there at column 53.
    private static string[] Found(string expression) =>
    [
        .. Office.Check($"{Grants}\n  - {{ id: a, on: [directory/disable_user], require: '{expression}' }}")
            .Where(finding => !finding.Contains(" rule-", StringComparison.Ordinal))
            .Select(finding => finding.Split(' ', 2))
            .Select(parts => $"{int.Parse(parts[0].Split(':')[1], null) - 53} {parts[1]}"),
    ];
}
