using Harness.Mcp.Core.Chains;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

/// <summary>What each shape of question answers, for the nearest cases on both sides.</summary>
public class ChainShapesTests
{
    [Fact]
    public void Exists_NamesTheLinkThatItFound()
    {
        var state = ChainGiven.State(
            """chain.exists(l, l.tool == "siem/get_alert" && l.result.user == call.args.user)""",
            ChainGiven.Link(3, "siem/get_alert", result: """{"user":"ada"}"""),
            ChainGiven.Link(5, "siem/get_alert", result: """{"user":"bob"}"""),
            ChainGiven.Link(7, "hr/get_employee", result: """{"user":"eve"}"""));

        var found = state.Evaluate(ChainGiven.Call(arguments: """{"user":"ada"}"""), []);
        var other = state.Evaluate(ChainGiven.Call(arguments: """{"user":"eve"}"""), []);

        Assert.True(found.Value);
        Assert.Equal([3L], found.Because.AsEnumerable());
        Assert.False(other.Value);
        Assert.Null(other.Error);
        Assert.Empty(other.Because);
    }

    [Fact]
    public void Exists_KeepsTheEightLatestCauses()
    {
        var state = ChainGiven.State("""chain.exists(l, l.args.host == call.args.host)""");
        for (var index = 1; index <= 20; index++)
            state.Settle(ChainGiven.Link(index, "fleet/isolate_host", index % 2 == 0 ? """{"host":"a"}""" : """{"host":"b"}"""));

        var answer = state.Evaluate(ChainGiven.Call(arguments: """{"host":"a"}"""), [ChainGiven.Pending(21, "fleet/isolate_host", """{"host":"a"}""")]);

        Assert.Equal([8L, 10, 12, 14, 16, 18, 20, 21], answer.Because.AsEnumerable());
    }

    [Fact]
    public void Exists_CountsCallsThatArePending()
    {
        var state = ChainGiven.State("""chain.exists(l, l.tool == call.tool && l.outcome == "pending")""");
        var pending = ChainGiven.Pending(4, "fleet/isolate_host");

        var answer = state.Evaluate(ChainGiven.Call(), [pending]);
        state.Settle(pending with { Outcome = CallOutcome.Ok });
        var later = state.Evaluate(ChainGiven.Call(), []);

        Assert.Equal((true, 4L), (answer.Value, answer.Because[0]));
        Assert.False(later.Value);
    }

    [Fact]
    public void All_NamesTheLinkThatBreaksIt()
    {
        var state = ChainGiven.State(
            "chain.all(l, l.args.client == call.args.client)",
            ChainGiven.Link(1, "crm/get", """{"client":"north"}"""),
            ChainGiven.Link(2, "crm/get", """{"client":"north"}"""));

        var same = state.Evaluate(ChainGiven.Call(arguments: """{"client":"north"}"""), []);
        var other = state.Evaluate(ChainGiven.Call(arguments: """{"client":"south"}"""), []);

        Assert.True(same.Value);
        Assert.Empty(same.Because);
        Assert.False(other.Value);
        Assert.Equal([2L], other.Because.AsEnumerable());
    }

    [Fact]
    public void All_StillNamesTheLinkThatBreaksIt_AfterManyThatDoNot()
    {
        var state = ChainGiven.State("chain.all(l, l.args.client == call.args.client)", ChainGiven.Link(1, "crm/get", """{"client":"south"}"""));
        for (var index = 2; index < 40; index++)
            state.Settle(ChainGiven.Link(index, "crm/get", """{"client":"north"}"""));

        var answer = state.Evaluate(ChainGiven.Call(arguments: """{"client":"north"}"""), []);

        Assert.False(answer.Value);
        Assert.Equal([1L], answer.Because.AsEnumerable());
    }

    [Fact]
    public void Exists_IsAnError_WhereALinkCannotBeJudgedAndNoOtherDecides()
    {
        var state = ChainGiven.State(
            "chain.exists(l, l.args.host == call.args.host)",
            ChainGiven.Link(1, "crm/get", """{"host":"a"}"""),
            ChainGiven.Link(2, "crm/get"));

        var decided = state.Evaluate(ChainGiven.Call(arguments: """{"host":"a"}"""), []);
        var undecided = state.Evaluate(ChainGiven.Call(arguments: """{"host":"b"}"""), []);

        Assert.True(decided.Value);
        Assert.Null(decided.Error);
        Assert.False(undecided.Value);
        Assert.Contains("link 2", undecided.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Exists_IsFalse_WhereTheCallLacksTheValueButNoLinkCouldMatch()
    {
        var state = ChainGiven.State("""chain.exists(l, l.tool == "mail/send" && l.args.to == call.args.to)""", ChainGiven.Link(1, "crm/get"));

        var before = state.Evaluate(ChainGiven.Call(), []);
        state.Settle(ChainGiven.Link(2, "mail/send", """{"to":"x"}"""));
        var after = state.Evaluate(ChainGiven.Call(), []);

        Assert.Null(before.Error);
        Assert.NotNull(after.Error);
    }

    [Fact]
    public void ExistsOne_CountsLinks()
    {
        var state = ChainGiven.State("chain.exists_one(l, l.args.host == call.args.host)", ChainGiven.Link(1, "fleet/isolate_host", """{"host":"a"}"""));

        var once = state.Evaluate(ChainGiven.Call(arguments: """{"host":"a"}"""), []);
        var twice = state.Evaluate(ChainGiven.Call(arguments: """{"host":"a"}"""), [ChainGiven.Pending(2, "fleet/isolate_host", """{"host":"a"}""")]);

        Assert.True(once.Value);
        Assert.False(twice.Value);
    }

    [Theory]
    [InlineData("chain.filter(l, l.effect == \"write\").size() >= 2")]
    [InlineData("size(chain.filter(l, l.effect == \"write\")) == 2")]
    [InlineData("chain.filter(l, l.effect == \"write\" || l.args.host == call.args.host).size() == 2")]
    [InlineData("chain.size() == 3")]
    [InlineData("chain.filter(l, l.args.host == call.args.host || l.tool == \"hr/get\" || l.index == 2 && call.effect == \"write\").size() == 3")]
    public void Size_CountsEachLinkOnce(string source)
    {
        var state = ChainGiven.State(
            source,
            ChainGiven.Link(1, "fleet/isolate_host", """{"host":"a"}"""),
            ChainGiven.Link(2, "fleet/isolate_host", """{"host":"a"}"""),
            ChainGiven.Link(3, "hr/get", """{"host":"b"}"""));

        Assert.True(state.Evaluate(ChainGiven.Call(arguments: """{"host":"a"}"""), []).Value);
    }

    [Fact]
    public void Size_ForgetsWhatHasGrownTooOld()
    {
        var state = ChainGiven.State(
            """chain.filter(l, now - l.time <= duration("60s") && l.effect == "write").size() >= 2""",
            ChainGiven.Link(1, "fleet/isolate_host", seconds: 0),
            ChainGiven.Link(2, "fleet/isolate_host", seconds: 30));

        Assert.True(state.Evaluate(ChainGiven.Call(seconds: 60), []).Value);
        Assert.False(state.Evaluate(ChainGiven.Call(seconds: 60.0000001), []).Value);
        Assert.True(state.Evaluate(ChainGiven.Call(seconds: 61), [ChainGiven.Pending(3, "fleet/isolate_host", seconds: 61)]).Value);
    }

    [Fact]
    public void Size_IsAnError_WhereTimeRunsBackwardsPastAForgottenLink()
    {
        var state = ChainGiven.State("""chain.filter(l, now - l.time < duration("60s")).size() > 0""", ChainGiven.Link(1, "hr/get"));

        Assert.False(state.Evaluate(ChainGiven.Call(seconds: 60), []).Value);
        Assert.Contains("time", state.Evaluate(ChainGiven.Call(seconds: 59), []).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""chain.exists(l, l.tool == "directory/get_user" && l.args.user == call.args.user && now - l.time <= duration("10m"))""")]
    [InlineData("""chain.exists(l, l.tool == "directory/get_user" && call.args.user == l.args.user && l.time >= now - duration("10m"))""")]
    [InlineData("""chain.exists(l, l.tool == "directory/get_user" && l.args.user == call.args.user && duration("10m") >= now - l.time)""")]
    [InlineData("""chain.exists(l, l.tool == "directory/get_user" && l.args.user == call.args.user && l.time + duration("10m") >= now)""")]
    [InlineData("""!chain.all(l, l.tool != "directory/get_user" || l.args.user != call.args.user || now - l.time > duration("10m"))""")]
    public void Exists_WithinATime_EndsWithThatTime(string source)
    {
        var state = ChainGiven.State(source, ChainGiven.Link(1, "directory/get_user", """{"user":"ada"}""", seconds: 5));

        Assert.True(state.Evaluate(ChainGiven.Call(arguments: """{"user":"ada"}""", seconds: 605), []).Value);
        Assert.False(state.Evaluate(ChainGiven.Call(arguments: """{"user":"ada"}""", seconds: 606), []).Value);
        Assert.False(state.Evaluate(ChainGiven.Call(arguments: """{"user":"bob"}""", seconds: 606), []).Value);
    }

    [Fact]
    public void Exists_AfterATime_BeginsWithThatTime()
    {
        var state = ChainGiven.State(
            """chain.exists(l, l.args.host == call.args.host && now - l.time > duration(mission.inputs.w))""",
            ChainGiven.Link(1, "fleet/isolate_host", """{"host":"a"}"""));

        Assert.False(state.Evaluate(ChainGiven.Call(arguments: """{"host":"a"}""", seconds: 300), []).Value);
        Assert.True(state.Evaluate(ChainGiven.Call(arguments: """{"host":"a"}""", seconds: 301), []).Value);
    }

    [Theory]
    [InlineData("call.args.user in chain.map(l, l.args.user)")]
    [InlineData("call.args.user in chain.filter(l, l.effect == \"read\").map(m, m.args.user)")]
    [InlineData("call.args.user in chain.map(l, l.effect == \"read\", l.args.user)")]
    public void In_FindsWhatALinkHas(string source)
    {
        var state = ChainGiven.State(
            source,
            ChainGiven.Link(1, "hr/get", """{"user":"ada"}"""),
            ChainGiven.Link(2, "hr/get", """{"user":"bob"}"""));

        var found = state.Evaluate(ChainGiven.Call(arguments: """{"user":"bob"}"""), []);

        Assert.True(found.Value);
        Assert.Equal([2L], found.Because.AsEnumerable());
        Assert.False(state.Evaluate(ChainGiven.Call(arguments: """{"user":"eve"}"""), []).Value);
    }

    [Fact]
    public void In_IsAnError_WhereOneLinkHasNoValue()
    {
        var state = ChainGiven.State("call.args.user in chain.map(l, l.args.user)", ChainGiven.Link(1, "hr/get", """{"user":"ada"}"""), ChainGiven.Link(2, "hr/get"));

        Assert.NotNull(state.Evaluate(ChainGiven.Call(arguments: """{"user":"ada"}"""), []).Error);
    }

    [Fact]
    public void Exists_LooksForAnArgumentAmongTheElementsOfAResult()
    {
        var state = ChainGiven.State(
            "chain.exists(l, call.args.host in l.result.hosts)",
            ChainGiven.Link(1, "siem/get_alert", result: """{"hosts":["a","b","b"]}"""));

        Assert.True(state.Evaluate(ChainGiven.Call(arguments: """{"host":"b"}"""), []).Value);
        Assert.False(state.Evaluate(ChainGiven.Call(arguments: """{"host":"c"}"""), []).Value);
    }

    [Fact]
    public void Exists_TreatsNumbersAsOneLine()
    {
        var state = ChainGiven.State("chain.exists(l, l.args.n == call.args.n)", ChainGiven.Link(1, "crm/get", """{"n":2}"""));

        Assert.True(state.Evaluate(ChainGiven.Call(arguments: """{"n":2.0}"""), []).Value);
        Assert.False(state.Evaluate(ChainGiven.Call(arguments: """{"n":"2"}"""), []).Value);
    }

    [Fact]
    public void Rule_JoinsQuestionsToTheChainWithTheCall()
    {
        var state = ChainGiven.State(
            """chain.exists(l, l.tool == "calendar/get_freeze" && l.result.active) && call.domain == "infrastructure" """,
            ChainGiven.Link(1, "calendar/get_freeze", result: """{"active":true}"""));

        Assert.True(state.Evaluate(ChainGiven.Call("fleet/isolate_host"), []).Value);
        Assert.False(state.Evaluate(ChainGiven.Call("directory/disable_user"), []).Value);
    }

    [Fact]
    public void Rule_AsksForACountInsideACondition()
    {
        var state = ChainGiven.State("chain.exists(l, l.index == chain.size())", ChainGiven.Link(1, "hr/get"), ChainGiven.Link(3, "hr/get"));

        Assert.False(state.Evaluate(ChainGiven.Call(), []).Value);
        Assert.True(state.Evaluate(ChainGiven.Call(), [ChainGiven.Pending(4, "hr/get")]).Value);
    }

    [Fact]
    public void Evaluate_IsAnError_WhereTheWholeErrs()
    {
        var state = ChainGiven.State("call.args.amount > 3");

        Assert.NotNull(state.Evaluate(ChainGiven.Call(), []).Error);
        Assert.NotNull(state.Evaluate(ChainGiven.Call(arguments: """{"amount":"much"}"""), []).Error);
        Assert.True(state.Evaluate(ChainGiven.Call(arguments: """{"amount":4}"""), []).Value);
    }

    [Fact]
    public void Monitors_SayWhatIsKept()
    {
        var rule = ChainGiven.Rule("""chain.exists(l, l.tool == "a/b" && l.args.user == call.args.user && now - l.time <= duration("10m"))""");

        Assert.Equal(
            "the latest link where `l.tool == \"a/b\"`, by `l.args.user` (asked: `l.args.user == call.args.user`), while `age <= duration(\"10m\")`",
            Assert.Single(rule.Monitors));
    }
}
