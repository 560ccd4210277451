using CsCheck;
using Harness.Mcp.Core.Documents;
using Xunit;

namespace Harness.Mcp.Core.Tests.Documents;

public class DurationTextTests
{
    [Theory]
    [InlineData("45s", 45)]
    [InlineData("10m", 600)]
    [InlineData("2h", 7_200)]
    [InlineData("1h30m", 5_400)]
    [InlineData("7d", 604_800)]
    [InlineData("1d2h3m4s", 93_784)]
    [InlineData("250ms", 0.25)]
    [InlineData("1m250ms", 60.25)]
    [InlineData("90m", 5_400)]
    [InlineData("0s", 0)]
    public void Parse_Reads(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), DurationText.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("h")]
    [InlineData("-1h")]
    [InlineData("1.5h")]
    [InlineData("1 h")]
    [InlineData("1H")]
    [InlineData("30m1h")]
    [InlineData("1m1m")]
    [InlineData("1w")]
    [InlineData("1min")]
    [InlineData("9999999999s")]
    [InlineData("3651d")]
    [InlineData("٣h")]
    public void Parse_Refuses(string text) => Assert.Null(DurationText.Parse(text));

    [Fact]
    public void Write_IsReadBack() => Gen.Long[1, 3_650L * 86_400_000].Sample(milliseconds =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), DurationText.Parse(DurationText.Write(TimeSpan.FromMilliseconds(milliseconds)))));
}
