using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

/// <summary>What no monitor can answer is refused when the rule is loaded, with the place, the reason and a way out.</summary>
public class ChainRefusalTests
{
    [Theory]
    [InlineData("chain[0].tool == \"a/b\"", 6, "order of links", "chain.exists(l,")]
    [InlineData("chain.exists(l, l.args.amount < call.args.amount)", 31, "depends on the proposed call", "make it an equality")]
    [InlineData("chain.exists(l, chain.exists(k, k.args.x == l.args.x))", 45, "compares links with each other", "with the proposed call")]
    [InlineData("call.args.hosts.all(h, chain.exists(l, l.args.host == h))", 55, "`h` changes while", "inside the macro")]
    [InlineData("chain.map(l, l.tool) == [\"a/b\"]", 22, "compared as a whole", "chain.size() == 0")]
    [InlineData("chain.filter(l, l.tool == \"a/b\").exists(l, l.args.x == 1)", 34, "cannot be asked again", "Write `chain.exists(l, l.tool == \"a/b\" && l.args.x == 1)`")]
    [InlineData("chain.filter(l, l.tool == \"a/b\").all(l, l.args.x == 1)", 34, "cannot be asked again", "Write `chain.all(l, !(l.tool == \"a/b\") || l.args.x == 1)`")]
    [InlineData("chain.map(l, l.args.x).size() > 1", 24, "can be counted", "chain.filter(l, …).size()")]
    [InlineData("chain.exists(l, l.args.x + call.args.x == 3)", 26, "mixes `l`", "to one side")]
    [InlineData("chain.exists(l, l.args.x.startsWith(call.args.x))", 26, "at once", "by `==`, `!=` or `in`")]
    [InlineData("chain.exists(l, now - l.time < duration(call.args.age))", 30, "changes with the call", "fixed length")]
    [InlineData("chain.exists(l, now - l.time == duration(\"1s\"))", 30, "exact age", "`<=`")]
    [InlineData("chain.exists(call, call.tool == \"a/b\")", 7, "rule's own variable", "Name the link `l`")]
    [InlineData("chain.exists(i, l, l.tool == \"a/b\")", 7, "takes one variable", "`index`")]
    [InlineData("call.args.x in chain.map(l, l.args.x + call.args.y)", 38, "depends on the proposed call", "left of `in`")]
    [InlineData("chain.filter(l, l.args.a == call.args.a || l.args.b == call.args.b || l.args.c == call.args.c || l.args.d == call.args.d).size() > 1", null, "4 alternatives", "Split")]
    [InlineData("chain.exists(l, l.args.a == call.args.a && l.args.b == call.args.b && l.args.c == call.args.c && l.args.d == call.args.d)", 7, "4 values at once", "Leave out")]
    public void Compile_RefusesWithPlaceReasonAndRemedy(string source, int? column, string reason, string remedy)
    {
        var compiled = RuleExpression.Compile(source, new SourcePosition("rules.yaml", 3, 11));

        var problem = Assert.Single(compiled.Problems);
        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, problem.Remedy, StringComparison.Ordinal);
        Assert.Equal(3, problem.Position.Line);
        if (column is { } at)
            Assert.Equal(10 + at, problem.Position.Column);
    }

    [Theory]
    [InlineData("call.tol == \"a/b\"", "`tool`")]
    [InlineData("chain.exists(l, l.arg.x == 1)", "`args`")]
    [InlineData("mission.input.x == 1", "`inputs`")]
    [InlineData("agent.ID == \"x\"", "`id`")]
    [InlineData("chian.size() > 1", "`chain`")]
    public void Compile_SuggestsTheNameThatWasMeant(string source, string meant)
    {
        var compiled = RuleExpression.Compile(source, new SourcePosition("rules.yaml", 1, 1));

        Assert.Contains(meant, Assert.Single(compiled.Problems).Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chain.size()")]
    [InlineData("call.tool")]
    [InlineData("chain")]
    public void Compile_RefusesWhatIsNoBool(string source) =>
        Assert.False(RuleExpression.Compile(source, new SourcePosition("rules.yaml", 1, 1)).IsValid);

    [Fact]
    public void Compile_EndsSoon_HoweverChoicesAreNested()
    {
        var choice = "l.args.x == call.args.x";
        for (var depth = 0; depth < 25; depth++)
            choice = $"(({choice}) ? l.args.y == call.args.y : l.args.z == call.args.z)";

        var compiled = RuleExpression.Compile($"chain.exists(l, {choice})", new SourcePosition("rules.yaml", 1, 1));

        Assert.Contains("too many alternatives", compiled.Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_NamesTheLine_InALongExpression()
    {
        var compiled = RuleExpression.Compile("call.tool == \"a/b\" &&\n  chain[0].tool == \"a/b\"", new SourcePosition("rules.yaml", 7, 5));

        Assert.Equal((8, 8), (compiled.Problems[0].Position.Line, compiled.Problems[0].Position.Column));
    }

    [Fact]
    public void Compile_NamesEveryProblemAtOnce()
    {
        var compiled = RuleExpression.Compile("chain[0].tool == \"x\" || chain.map(l, l.tool) == []", new SourcePosition("rules.yaml", 1, 1));

        Assert.Equal(2, compiled.Problems.Length);
    }
}
