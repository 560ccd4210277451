using System.Globalization;
using System.Numerics;
using CsCheck;
using Harness.Mcp.Core.Rules.Reading;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules.Reading;

public class ExactSumTests
{
    private static readonly BigInteger Unit = BigInteger.Pow(10, 28);

    private static readonly decimal[] Edges = [0m, decimal.MaxValue, 0.0000000000000000000000000001m, 7.9228162514264337593543950335m, 1.0m];

    private static readonly Gen<decimal> Amount = Gen.OneOf(
        Gen.Decimal.Select(Math.Abs),
        Gen.Int[0, 1_000].Select(cents => cents / 100m),
        Gen.Int[0, Edges.Length - 1].Select(edge => Edges[edge]));

    /// <summary>Against whole numbers without any bound.</summary>
    [Fact]
    public void Sums_AreWhatWholeNumbersSay() => Amount.Array[0, 40].Sample(amounts =>
    {
        var (sum, expected) = (default(ExactSum), BigInteger.Zero);
        foreach (var amount in amounts)
        {
            sum += ExactSum.Of(amount);
            expected += Scaled(amount);
        }

        Assert.Equal(Text(expected), sum.ToString());
        Assert.Equal(expected.IsZero, sum.IsZero);
        foreach (var amount in amounts)
        {
            Assert.Equal(expected.CompareTo(Scaled(amount)), sum.CompareTo(ExactSum.Of(amount)));
            sum -= ExactSum.Of(amount);
            expected -= Scaled(amount);
            Assert.Equal(Text(expected), sum.ToString());
        }
    });

    [Fact]
    public void Remaining_IsNeverBelowZero()
    {
        Assert.Equal("0.25", ExactSum.Of(12.5m).RemainingAfter(ExactSum.Of(12.25m)));
        Assert.Equal("0", ExactSum.Of(12.5m).RemainingAfter(ExactSum.Of(12.75m)));
        Assert.Equal((9, 0, long.MaxValue), (ExactSum.Of(12.5m).UnitsAfter(ExactSum.Of(3m)), ExactSum.Of(12.5m).UnitsAfter(ExactSum.Of(13m)), ExactSum.Of(decimal.MaxValue).UnitsAfter(default)));
    }

    [Fact]
    public void AmountBelowZero_HasNoPlace() => Assert.Throws<ArgumentOutOfRangeException>(() => ExactSum.Of(-0.01m));

    private static BigInteger Scaled(decimal amount)
    {
        var bits = decimal.GetBits(amount);
        var digits = ((BigInteger)(uint)bits[2] << 64) | ((BigInteger)(uint)bits[1] << 32) | (uint)bits[0];
        return digits * BigInteger.Pow(10, 28 - (bits[3] >> 16 & 0xFF));
    }

    private static string Text(BigInteger scaled)
    {
        var (units, parts) = (scaled / Unit, scaled % Unit);
        return parts.IsZero
            ? units.ToString(CultureInfo.InvariantCulture)
            : $"{units.ToString(CultureInfo.InvariantCulture)}.{parts.ToString(CultureInfo.InvariantCulture).PadLeft(28, '0').TrimEnd('0')}";
    }
}
