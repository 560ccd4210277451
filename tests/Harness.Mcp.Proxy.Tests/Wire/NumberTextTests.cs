using System.Globalization;
using System.Text;
using Harness.Mcp.Proxy.Wire;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

public sealed class NumberTextTests
{
    [Theory]
    [InlineData("9007199254740991", "9007199254740992")]
    [InlineData("-9007199254740991", "-9007199254740992")]
    [InlineData("0.1", "0.10000000000000001")]
    [InlineData("1e308", "1e309")]
    [InlineData("5e-324", "4e-324")]
    [InlineData("1.7976931348623157e308", "1.7976931348623158e308")]
    [InlineData("9007199254740992.0", "9007199254740993.0")]
    [InlineData("100", "99.99999999999999999999")]
    [InlineData("1e23", "100000000000000000000000")]
    [InlineData("0e-999999999999", "1e-999999999999")]
    [InlineData("0.00e999999999999", "0.01e999999999999")]
    [InlineData("1.50", "1.5000000000000000000000000000000000000000000000000000000000000000000")]
    public void Number_IsReadAlike_AndItsNeighbourIsNot(string alike, string odd)
    {
        Assert.True(NumberText.IsReadAlike(Encoding.ASCII.GetBytes(alike)), alike);
        Assert.False(NumberText.IsReadAlike(Encoding.ASCII.GetBytes(odd)), odd);
    }

    [Fact]
    public void Number_IsReadAlike_AsEveryReaderWritesIt()
    {
        var random = new Random(1);
        for (var tries = 0; tries < 20_000; tries++)
        {
            var number = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            var text = number.ToString("R", CultureInfo.InvariantCulture);
            if (double.IsFinite(number) && (text.Contains('E', StringComparison.Ordinal) || text.Contains('.', StringComparison.Ordinal)))
            {
                Assert.True(NumberText.IsReadAlike(Encoding.ASCII.GetBytes(text)), text);
            }
        }
    }

    [Fact]
    public void Numbers_ThatAreReadAlike_AreNeverOneAsDoubles()
    {
        // Given numbers that crowd around doubles, however spelled.
        var random = new Random(2);
        var seen = new Dictionary<double, decimal>();

        for (var tries = 0; tries < 200_000; tries++)
        {
            var digits = (decimal)random.NextInt64(1, 1L << random.Next(1, 63)) / (decimal)Math.Pow(10, random.Next(0, 6));
            var text = digits.ToString(CultureInfo.InvariantCulture);
            if (!NumberText.IsReadAlike(Encoding.ASCII.GetBytes(text))) continue;

            // Then two that are different stay different when they are rounded.
            var rounded = double.Parse(text, CultureInfo.InvariantCulture);
            Assert.True(!seen.TryGetValue(rounded, out var other) || other == digits, $"{other} and {text}");
            seen[rounded] = digits;
        }

        Assert.True(seen.Count > 50_000);
    }
}
