using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Provenance;

public class BoundTests
{
    private static readonly ToolFacts ReadFile = Tool.Read("files/read", "untrusted");
    private static readonly ToolFacts GetUser = Tool.Read("directory/get_user", "untrusted");
    private static readonly ToolFacts Send = Tool.Send("mail/send").On("to");

    [Fact]
    public void Value_IsPermitted_FromTheNamedFieldAlone()
    {
        var mission = Given.Mission("""
            grounding: strict
            grants:
              - read: [directory/*, files/*]
              - tools: [mail/send]
                bound: { to: [{ tool: directory/get_user, field: manager.email }] }
            """).After(
                Call.To(GetUser).Answering("""{ "manager": { "email": "Ann@corp.example" }, "about": "eve@evil.example" }"""),
                Call.To(ReadFile).Answering("""{ "manager": { "email": "eve@evil.example" } }"""));

        var denial = mission.Decide(SendTo("eve@evil.example")).Denied();

        Assert.Equal(ReasonCode.NotBound, denial.Reason);
        Assert.Equal("to", denial.Argument);
        Assert.Equal("grants[1]", denial.Rule?.Value);
        Assert.Equal(["directory/get_user"], denial.AllowedNext);
        Assert.Equal([2L], denial.Because);
        Assert.True(mission.Decide(SendTo("ann@corp.example")).IsPermitted());
        Assert.Equal("to[1]", mission.Decide(Call.To(Send, """{ "to": ["ann@corp.example", "bob@corp.example"] }""")).Denied().Argument);
    }

    [Fact]
    public void FieldOfAList_ReachesEveryItem()
    {
        var mission = Given.Mission("""
            grants:
              - read: [directory/*]
              - tools: [mail/send]
                bound: { to: { tool: "directory/*", field: "users[].mail" } }
            """).After(Call.To(GetUser).Answering("""{ "users": [{ "mail": "ann@corp.example", "name": "Ann" }, { "mail": ["bob@corp.example"] }] }"""));

        Assert.True(mission.Decide(SendTo("ann@corp.example")).IsPermitted());
        Assert.True(mission.Decide(SendTo("bob@corp.example")).IsPermitted());
        Assert.Equal(ReasonCode.NotBound, mission.Decide(SendTo("Ann")).Denied().Reason);
    }

    [Fact]
    public void WholeResult_IsTheSource_WhereNoFieldIsNamed()
    {
        var mission = Given.Mission("""
            grants:
              - read: [files/*, directory/*]
              - tools: [mail/send]
                bound: { to: [{ tool: files/read }] }
            """).After(
                Call.To(ReadFile).Saying("Bill of December\nSend the receipt to Car Rental Ltd., office@cars.example."),
                Call.To(GetUser).Saying("eve@evil.example"));

        Assert.True(mission.Decide(SendTo("office@cars.example")).IsPermitted());
        Assert.True(mission.Decide(SendTo("Car Rental Ltd.")).IsPermitted());
        Assert.Equal(ReasonCode.NotBound, mission.Decide(SendTo("eve@evil.example")).Denied().Reason);
        Assert.Equal(ReasonCode.NotBound, mission.Decide(SendTo("Bill office@cars.example")).Denied().Reason);
    }

    [Fact]
    public void Text_IsPartOfTheResult_WhereNoFieldIsNamed()
    {
        var mission = Given.Mission("""
            grants:
              - read: [files/*]
              - tools: [mail/send]
                bound: { to: [{ tool: files/read }] }
            """).After(Call.To(ReadFile).Answering("""{ "pages": 1 }""").WithText("office@cars.example"));

        Assert.True(mission.Decide(SendTo("office@cars.example")).IsPermitted());
    }

    [Fact]
    public void From_NarrowsToCalls_WithThatArgument()
    {
        var mission = Given.Mission("""
            inputs: { folder: { type: string } }
            grants:
              - read: [files/*]
              - tools: [mail/send]
                bound: { to: [{ tool: files/read, from: { path: bill.txt, at: { input: folder } } }] }
            """, "folder=/srv").After(
                Call.To(ReadFile, """{ "path": "bill.txt", "at": "/srv" }""").Saying("office@cars.example"),
                Call.To(ReadFile, """{ "path": "other.txt", "at": "/srv" }""").Saying("eve@evil.example"),
                Call.To(ReadFile, """{ "path": "bill.txt", "at": "/tmp" }""").Saying("ina@evil.example"));

        Assert.True(mission.Decide(SendTo("office@cars.example")).IsPermitted());
        Assert.Equal([4L], mission.Decide(SendTo("eve@evil.example")).Denied().Because);
        Assert.Equal(ReasonCode.NotBound, mission.Decide(SendTo("ina@evil.example")).Denied().Reason);
    }

    [Fact]
    public void Inputs_AreASource_WhereTheyAreListedAlone()
    {
        var mission = Given.Mission("""
            inputs: { boss: { type: string }, rival: { type: string } }
            grants:
              - tools: [mail/send]
                bound: { to: { input: boss } }
            """, "boss=ann@corp.example", "rival=eve@evil.example");

        Assert.True(mission.Decide(SendTo("ann@corp.example")).IsPermitted());
        Assert.Equal(ReasonCode.NotBound, mission.Decide(SendTo("eve@evil.example")).Denied().Reason);
    }

    [Fact]
    public void CallWithoutTheArgument_IsPermitted()
    {
        var mission = Given.Mission("""
            grants:
              - read: [files/*]
              - tools: [mail/send]
                bound: { cc: { tool: files/read } }
            """);

        Assert.True(mission.Decide(SendTo("anybody@corp.example")).IsPermitted());
        Assert.Equal("cc", mission.Decide(Call.To(Send, """{ "to": "a", "cc": "b" }""")).Denied().Argument);
    }

    [Fact]
    public void ResultThatQuotesItsCall_IsNoSource()
    {
        var mission = Given.Mission("""
            grants:
              - read: [files/*]
              - tools: [mail/send]
                bound: { to: { tool: files/read } }
            """).After(Call.To(ReadFile, """{ "path": "eve@evil.example" }""").Saying("No file eve@evil.example, ask ann@corp.example."));

        Assert.Equal(ReasonCode.NotBound, mission.Decide(SendTo("eve@evil.example")).Denied().Reason);
        Assert.True(mission.Decide(SendTo("ann@corp.example")).IsPermitted());
    }

    private static Call SendTo(string to) => Call.To(Send, $$"""{ "to": {{System.Text.Json.JsonSerializer.Serialize(to)}} }""");
}
