using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Documents;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Agents;

public class AgentParserTests
{
    private const string Good = """
        agent: soc-responder
        owner: soc@corp.example
        issuer: https://id.corp.example
        subject: "1234"
        client: soc
        missions: [contain-account, answer-ticket]
        review-by: 2027-01-31
        """;

    [Fact]
    public void Parse_GivesTheAgent_ActiveByDefault()
    {
        var agent = AgentParser.Parse(YamlReader.Read(Good, "a.yaml").Value!).Value;

        Assert.NotNull(agent);
        Assert.Equal(("soc-responder", "soc@corp.example", "https://id.corp.example", "1234", "soc"), (agent.Id.Value, agent.Owner, agent.Issuer, agent.Subject, agent.Client));
        Assert.Equal(["contain-account", "answer-ticket"], agent.Missions);
        Assert.Equal(new DateOnly(2027, 1, 31), agent.ReviewBy);
        Assert.True(agent.IsActive);
    }

    [Theory]
    [InlineData("agent: soc-responder", "agent: Soc", "a.yaml:1:8: `agent` must be a name of at most 48 of `a-z`, `0-9` and `-` that starts with a letter. Write for example `soc-responder`.")]
    [InlineData("agent: soc-responder", "agnet: soc", "a.yaml:1:1: An agent has no key `agnet`. Did you mean `agent`?")]
    [InlineData("subject: \"1234\"", "subject: 1234", "a.yaml:4:10: `subject` must be text. Put it in quotes.")]
    [InlineData("issuer: https://id.corp.example", "active: true", "a.yaml:4:10: `subject` and `client` mean nothing without the `issuer` that vouches for them. Add `issuer: https://…`.")]
    [InlineData("issuer: https://id.corp.example", "issuer: corp", "a.yaml:3:9: `issuer` must be a URL. Copy `issuer` from the identity provider's `.well-known/openid-configuration`, to the letter.")]
    [InlineData("[contain-account, answer-ticket]", "[]", "a.yaml:6:11: `missions` must list the missions the agent may work under. Write `missions: [NAME]`; to grant none, set `active: false`.")]
    [InlineData("[contain-account, answer-ticket]", "[a, a]", "a.yaml:6:15: The mission `a` is listed twice. Remove one of them.")]
    [InlineData("2027-01-31", "2027-02-30", "a.yaml:7:12: `review-by` must be a date. Write it as `YYYY-MM-DD`.")]
    [InlineData("review-by: 2027-01-31", "active: 'yes'", "a.yaml:7:9: `active` must be `true` or `false`. Write it without quotes.")]
    public void Parse_NamesAMistake_WithItsPlaceAndRemedy(string right, string wrong, string problem)
    {
        var parsed = AgentParser.Parse(YamlReader.Read(Good.Replace(right, wrong, StringComparison.Ordinal), "a.yaml").Value!);

        Assert.Contains(problem, parsed.Problems.Select(one => one.ToString()));
    }

    [Fact]
    public void Parse_NamesAllMistakes_AtOnce()
    {
        var parsed = AgentParser.Parse(YamlReader.Read("agent: X\nissuer: https://id\nwho: me\nmissions: a", "a.yaml").Value!);

        Assert.Equal(6, parsed.Problems.Length);
    }

    [Theory]
    [InlineData("2027-01-31", true)]
    [InlineData("2027-02-01", false)]
    public void RefusalOn_ComesTheDayAfterTheReviewWasDue(string day, bool mayWork)
    {
        var agent = AgentParser.Parse(YamlReader.Read(Good, "a.yaml").Value!).Value;

        Assert.Equal(mayWork, agent?.RefusalOn(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture)) is null);
    }
}
