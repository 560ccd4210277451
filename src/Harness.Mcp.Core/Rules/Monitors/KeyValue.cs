using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>Values that stay in an index long after the link they came from is forgotten.</summary>
internal static class KeyValue
{
    /// <summary>The value without anything that holds the link's own JSON alive, and about how many bytes it takes.</summary>
    public static CelValue Owned(in CelValue value, ref long bytes)
    {
        bytes += 24;
        switch (value.Kind)
        {
            case CelKind.String:
                bytes += 24 + 2L * value.AsString.Length;
                return value;
            case CelKind.Bytes:
                bytes += 24 + value.AsBytes.Length;
                return value;
            case CelKind.List:
                var items = value.AsList.ToArray();
                for (var index = 0; index < items.Length; index++)
                    items[index] = Owned(items[index], ref bytes);
                return CelValue.ListOf(items);
            case CelKind.Map:
                var entries = new Dictionary<CelValue, CelValue>();
                foreach (var key in value.AsMap.Keys)
                    if (value.AsMap.TryGet(key, out var entry))
                        entries[Owned(key, ref bytes)] = Owned(entry, ref bytes);
                return CelValue.Of(new DictionaryCelMap(entries));
            default:
                return value;
        }
    }

    /// <summary>False for what equals nothing, not even itself: NaN, and lists and maps that hold it.</summary>
    public static bool CanBeFound(in CelValue value)
    {
        var same = value;
        return value.Equals(same);
    }
}
