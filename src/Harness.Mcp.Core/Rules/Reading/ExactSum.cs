using System.Globalization;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Rules.Reading;

/// <summary>
/// A sum of decimals that are not below zero, exact at every size: a decimal itself would round what needs more than its 28 digits, and fail past its
/// largest value. Whole units and parts of a unit are counted apart; four billion of the largest amounts fit.
/// </summary>
internal readonly record struct ExactSum : IComparable<ExactSum>
{
    private const int PlacesMax = 28;

    private static readonly UInt128[] Powers = [.. Enumerable.Range(0, PlacesMax + 1).Select(PowerOfTen)];

    private readonly UInt128 _units;

    // In the smallest part that a decimal knows; always less than one unit.
    private readonly UInt128 _parts;

    private ExactSum(UInt128 units, UInt128 parts) => (_units, _parts) = (units, parts);

    public bool IsZero => _units == 0 && _parts == 0;

    /// <param name="amount">Not below zero.</param>
    public static ExactSum Of(decimal amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(amount, bits);
        var digits = new UInt128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]);
        var places = (bits[3] >> 16) & 0xFF;
        if (places == 0)
            return new ExactSum(digits, 0);
        var (units, parts) = UInt128.DivRem(digits, Powers[places]);
        return new ExactSum(units, parts * Powers[PlacesMax - places]);
    }

    public static ExactSum operator +(ExactSum one, ExactSum other)
    {
        var parts = one._parts + other._parts;
        return parts < Powers[PlacesMax] ? new ExactSum(one._units + other._units, parts) : new ExactSum(one._units + other._units + 1, parts - Powers[PlacesMax]);
    }

    /// <param name="one">Not less than the other.</param>
    public static ExactSum operator -(ExactSum one, ExactSum other) => one._parts >= other._parts
        ? new ExactSum(one._units - other._units, one._parts - other._parts)
        : new ExactSum(one._units - other._units - 1, one._parts + Powers[PlacesMax] - other._parts);

    public static bool operator <(ExactSum one, ExactSum other) => one.CompareTo(other) < 0;

    public static bool operator >(ExactSum one, ExactSum other) => one.CompareTo(other) > 0;

    public static bool operator <=(ExactSum one, ExactSum other) => one.CompareTo(other) <= 0;

    public static bool operator >=(ExactSum one, ExactSum other) => one.CompareTo(other) >= 0;

    public int CompareTo(ExactSum other) => _units.CompareTo(other._units) is var units and not 0 ? units : _parts.CompareTo(other._parts);

    /// <summary>What remains up to it, as a person writes it: "12.5".</summary>
    public string RemainingAfter(ExactSum used) => used >= this ? "0" : (this - used).ToString();

    /// <summary>The whole units that remain up to it.</summary>
    public long UnitsAfter(ExactSum used) => used >= this ? 0 : (long)UInt128.Min((this - used)._units, long.MaxValue);

    public override string ToString()
    {
        var units = _units.ToString(CultureInfo.InvariantCulture);
        return _parts == 0 ? units : $"{units}.{_parts.ToString(CultureInfo.InvariantCulture).PadLeft(PlacesMax, '0').TrimEnd('0')}";
    }

    /// <summary>Writes a sum, or reads one.</summary>
    public static ExactSum Transferred(StateTransfer state, ExactSum sum)
    {
        var (units, parts) = (sum._units, sum._parts);
        Transfer(state, ref units);
        Transfer(state, ref parts);
        return parts < Powers[PlacesMax] ? new ExactSum(units, parts) : throw StateTransfer.Malformed("a sum has more than a unit in its parts");
    }

    private static void Transfer(StateTransfer state, ref UInt128 value)
    {
        var (high, low) = ((long)(ulong)(value >> 64), (long)(ulong)value);
        state.Number(ref high);
        state.Number(ref low);
        value = new UInt128((ulong)high, (ulong)low);
    }

    private static UInt128 PowerOfTen(int power)
    {
        UInt128 value = 1;
        for (var place = 0; place < power; place++)
            value *= 10;
        return value;
    }
}
