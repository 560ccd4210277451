using System.Text.Json;
using CsCheck;
using Harness.Mcp.Core.Expressions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Expressions;

public sealed class CelProgramTests
{
    private static readonly CelObjectType CallType = new("call", new CelField("tool", CelType.String), new CelField("args", CelType.Dyn));

    private static readonly CelEnvironment Environment = new([new CelVariable("call", new CelType.Object(CallType)), new CelVariable("limit", CelType.Int)]);

    [Theory]
    [InlineData("call.agrs.x == 1", 5, "`call` has no field `agrs`.", "Did you mean `args`?")]
    [InlineData("cal.args.x == 1", 0, "There is nothing called `cal` here.", "Did you mean `call`?")]
    [InlineData("call.tool.startWith('a')", 10, "There is no function `startWith`.", "Did you mean `startsWith`?")]
    [InlineData("limit + 'a' == 2", 6, "`+` does not take (int, string).", null)]
    [InlineData("[1, 2].all(x, x + 1)", 16, "A condition is a bool, and this is int.", null)]
    [InlineData("limit.all(x, true)", 0, "A macro goes through a list or a map, and this is int.", null)]
    public void Mistake_HasItsPlaceAndRemedy(string source, int offset, string message, string? remedy)
    {
        var compiled = CelProgram.Compile(CelParser.Parse(source).Value!, Environment);

        var problem = Assert.Single(compiled.Problems);
        Assert.Equal((offset, message, remedy), (problem.Offset, problem.Message, problem.Remedy));
    }

    [Theory]
    [InlineData("call.args.missing == 1 || true", true)]
    [InlineData("true || call.args.missing == 1", true)]
    [InlineData("call.args.missing == 1 && false", false)]
    [InlineData("[1, 0].exists(x, 1 / x == 1)", true)]
    [InlineData("[0, 1].all(x, 1 / x == 2)", false)]
    public void Error_IsAbsorbed_WhereAnotherOperandDecides(string source, bool expected)
    {
        Assert.Equal(expected, Evaluate(source).AsBool);
    }

    [Theory]
    [InlineData("call.args.missing == 1 || false")]
    [InlineData("[0, 1].exists(x, 1 / x == 2)")]
    [InlineData("9223372036854775807 + limit > 0")]
    [InlineData("limit / 0 == 1")]
    public void Error_IsTheAnswer_WhereNothingElseDecides(string source)
    {
        Assert.True(Evaluate(source).IsError);
    }

    [Fact]
    public void Evaluation_Ends_WhenItsStepsAreUsedUp()
    {
        const string Nested = "[1,2,3,4,5,6,7,8,9,10]";
        var source = $"{Nested}.all(a, {Nested}.all(b, {Nested}.all(c, {Nested}.all(d, {Nested}.all(e, {Nested}.all(f, a + b + c + d + e + f > 0)))))) || true";

        var value = Evaluate(source);

        Assert.True(value.IsError);
        Assert.Contains("steps", value.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Parser_NeverThrows()
    {
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["()[]{}?:.,'\"&|!<>=+-*/%@0123456789abcxr\\\n "], 0, 60])
            .Sample(text => { _ = CelParser.Parse(text).IsValid; }, iter: 20_000);
    }

    private static CelValue Evaluate(string source)
    {
        var compiled = CelProgram.Compile(CelParser.Parse(source).Value!, Environment);
        Assert.Empty(compiled.Problems);
        return compiled.Value!.Evaluate(new Call());
    }

    private sealed class Call : Activation
    {
        private static readonly CelValue Value = CelValue.FromJson(JsonElement.Parse("""{"tool":"a/b","args":{"x":1}}"""));

        public override CelValue Variable(int index) => index == 0 ? Value : CelValue.Of(1L);
    }
}
