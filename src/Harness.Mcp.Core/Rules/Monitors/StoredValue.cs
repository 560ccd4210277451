using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>Values of the expression language in a snapshot.</summary>
internal static class StoredValue
{
    /// <summary>Deeper values than a record can hold are not written by us.</summary>
    private const int DepthMax = 256;

    /// <param name="keys">What is written; anything where it is read.</param>
    public static CelValue[][] Transferred(StateTransfer state, CelValue[][]? keys)
    {
        var outer = new CelValue[state.Count(keys?.Length ?? 0)][];
        for (var join = 0; join < outer.Length; join++)
        {
            outer[join] = new CelValue[state.Count(keys?[join].Length ?? 0)];
            for (var place = 0; place < outer[join].Length; place++)
                outer[join][place] = Transferred(state, keys is null ? default : keys[join][place]);
        }

        return state.IsLoading ? outer : keys!;
    }

    /// <exception cref="NotSupportedException">A value that is no JSON's has no form in a snapshot.</exception>
    public static CelValue Transferred(StateTransfer state, CelValue value, int depth = 0)
    {
        if (depth > DepthMax)
            throw StateTransfer.Malformed("a value nests too deep");
        var kind = (int)value.Kind;
        state.Number(ref kind);
        long bits = 0;
        switch ((CelKind)kind)
        {
            case CelKind.Null:
                return CelValue.Null;
            case CelKind.Bool:
                var flag = !state.IsLoading && value.AsBool;
                state.Flag(ref flag);
                return CelValue.Of(flag);
            case CelKind.Int:
                bits = state.IsLoading ? 0 : value.AsInt;
                state.Number(ref bits);
                return CelValue.Of(bits);
            case CelKind.Uint:
                bits = state.IsLoading ? 0 : (long)value.AsUint;
                state.Number(ref bits);
                return CelValue.Of((ulong)bits);
            case CelKind.Double:
                bits = state.IsLoading ? 0 : BitConverter.DoubleToInt64Bits(value.AsDouble);
                state.Number(ref bits);
                return CelValue.Of(BitConverter.Int64BitsToDouble(bits));
            case CelKind.String:
                var text = state.IsLoading ? null : value.AsString;
                state.Text(ref text);
                return CelValue.Of(text ?? "");
            case CelKind.Timestamp:
                bits = state.IsLoading ? 0 : value.TimestampSeconds;
                var nanoseconds = state.IsLoading ? 0 : value.TimestampNanoseconds;
                state.Number(ref bits);
                state.Number(ref nanoseconds);
                return CelValue.OfTimestamp(bits, nanoseconds);
            case CelKind.Duration:
                bits = state.IsLoading ? 0 : value.DurationNanoseconds;
                state.Number(ref bits);
                return CelValue.OfDuration(bits);
            case CelKind.List:
                return List(state, value, depth);
            case CelKind.Map:
                return Map(state, value, depth);
            default:
                throw state.IsLoading ? StateTransfer.Malformed("a value has an unknown kind") : new NotSupportedException($"A {value.Kind} is not kept in a snapshot.");
        }
    }

    private static CelValue List(StateTransfer state, CelValue value, int depth)
    {
        var items = new CelValue[state.Count(state.IsLoading ? 0 : value.AsList.Count)];
        for (var place = 0; place < items.Length; place++)
            items[place] = Transferred(state, state.IsLoading ? default : value.AsList[place], depth + 1);
        return state.IsLoading ? CelValue.ListOf(items) : value;
    }

    private static CelValue Map(StateTransfer state, CelValue value, int depth)
    {
        var entries = new Dictionary<CelValue, CelValue>();
        state.Unordered<CelValue>(
            state.IsLoading ? [] : [.. value.AsMap.Keys],
            (state, key) =>
            {
                var item = CelValue.Null;
                if (!state.IsLoading)
                    value.AsMap.TryGet(key, out item);
                key = Transferred(state, key, depth + 1);
                entries[key] = Transferred(state, item, depth + 1);
                return key;
            },
            static _ => { });
        return state.IsLoading ? CelValue.Of(new DictionaryCelMap(entries)) : value;
    }
}
