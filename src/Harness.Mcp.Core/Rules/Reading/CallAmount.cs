using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Rules.Reading;

/// <summary>An argument that is an amount: a number that is not below zero.</summary>
/// <param name="path">A path of names alone.</param>
internal sealed class CallAmount(CallReader reader, FieldPath path)
{
    // So many digits, in whatever places, a decimal holds.
    private const int ExactDigitsMax = 28;

    private readonly CallArguments.Named? _name = reader.Arguments.Of(path);
    private int _round = -1;
    private bool _isPresent;
    private ExactSum? _amount;

    public FieldPath Path => path;

    /// <summary>The proposed call's amount; null where it is no number, one below zero, or one that a decimal would round.</summary>
    public ExactSum? Find(ToolCall call, out bool isPresent)
    {
        reader.Show(call);
        return Find(out isPresent);
    }

    /// <summary>The same of an admitted call.</summary>
    public ExactSum? Find(ChainCall call, out bool isPresent)
    {
        reader.Show(call);
        return Find(out isPresent);
    }

    private ExactSum? Find(out bool isPresent)
    {
        if (_round != reader.Round)
        {
            _round = reader.Round;
            var found = _name is null ? ValueKey.Find(reader.Arguments.Json, path)
                : reader.Arguments.TryRead(_name, out var named) ? named : null as JsonElement?;
            _isPresent = found is not null;
            _amount = found is { ValueKind: JsonValueKind.Number } value && Exact(value) is { } exact and >= 0 ? ExactSum.Of(exact) : null;
        }

        isPresent = _isPresent;
        return _amount;
    }

    private static decimal? Exact(JsonElement value)
    {
        if (!value.TryGetDecimal(out var amount))
            return null;
        var raw = JsonMarshal.GetRawUtf8Value(value);
        if (raw.Length <= ExactDigitsMax && raw.IndexOfAny((byte)'e', (byte)'E') < 0)
            return amount;
        var read = new ExactNumber(Encoding.ASCII.GetBytes(amount.ToString(CultureInfo.InvariantCulture)));
        return ExactNumber.Compare(read, new ExactNumber(raw)) == 0 ? amount : null;
    }
}
