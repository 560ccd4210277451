using Harness.Mcp.Core.Decisions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

public class WallTests
{
    private const string Parts = """
        grants: [{ read: [crm/*] }, { tools: [crm/update] }]
        rules: [{ id: one-client, wall: { by: call.args.client } }]
        """;

    [Fact]
    public void TouchingOneClient_ClosesTheOthers_OverAllTools()
    {
        var mission = Given.Mission(Parts).After(Read("acme"));

        var denial = mission.Decide(Update("globex")).Denied();

        Assert.Equal(ReasonCode.WallClosed, denial.Reason);
        Assert.Equal("client", denial.Argument);
        Assert.Equal([2L], denial.Because);
        Assert.DoesNotContain("acme", denial.Say, StringComparison.Ordinal);
        Assert.True(mission.Decide(Update("acme")).IsPermitted());
    }

    [Fact]
    public void FirstChoice_IsMadeAtAdmission_HoweverTheCallEnds()
    {
        Assert.Equal(ReasonCode.WallClosed, Given.Mission(Parts).After(Read("acme").StillRunning()).Decide(Read("globex")).Denied().Reason);
        Assert.Equal(ReasonCode.WallClosed, Given.Mission(Parts).After(Read("acme").Failing()).Decide(Read("globex")).Denied().Reason);
        Assert.True(Given.Mission(Parts).Decide(Read("globex")).IsPermitted());
    }

    [Theory]
    [InlineData("""{ "client": ["acme", "acme"] }""", true)]
    [InlineData("""{ "client": ["acme", "globex"] }""", false)]
    [InlineData("""{ "client": { "id": "acme" } }""", false)]
    [InlineData("""{}""", true)]
    public void OneCall_NamesOneClient(string arguments, bool isPermitted)
    {
        var call = Call.To(Tool.Read("crm/get"), arguments);

        Assert.Equal(isPermitted, Given.Mission(Parts).Decide(call) is Decision.Permit);
        Assert.Equal(isPermitted, Given.Mission(Parts).After(Read("acme")).Decide(call) is Decision.Permit);
    }

    [Fact]
    public void CallWithoutTheArgument_IsDenied_WhereTheRuleNamesItsTool()
    {
        var mission = Given.Mission("""
            grants: [{ read: [crm/*] }]
            rules: [{ id: one-client, on: [crm/get], wall: { by: call.args.client } }]
            """);

        Assert.Equal(ReasonCode.ArgumentsNotGranted, mission.Decide(Call.To(Tool.Read("crm/get"))).Denied().Reason);
        Assert.True(mission.Decide(Call.To(Tool.Read("crm/list"))).IsPermitted());
    }

    private static Call Read(string client) => Call.To(Tool.Read("crm/get"), $$"""{ "client": "{{client}}" }""");

    private static Call Update(string client) => Call.To(Tool.Write("crm/update"), $$"""{ "client": "{{client}}" }""");
}
