namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>The order behind `&lt;` and its kin.</summary>
internal static class Order
{
    /// <summary>Negative, zero or positive; null where the two have no order.</summary>
    public static int? Compare(in CelValue first, in CelValue second)
    {
        if (first.IsNumber && second.IsNumber)
            return NumericOrder.Compare(first, second);
        if (first.Kind != second.Kind)
            return null;

        return first.Kind switch
        {
            CelKind.String => CodePoints.Compare(first.AsString, second.AsString),
            CelKind.Bool => first.AsBool.CompareTo(second.AsBool),
            CelKind.Bytes => first.AsBytes.AsSpan().SequenceCompareTo(second.AsBytes),
            CelKind.Timestamp => TimeMath.Compare(first, second),
            CelKind.Duration => first.DurationNanoseconds.CompareTo(second.DurationNanoseconds),
            _ => null,
        };
    }
}
