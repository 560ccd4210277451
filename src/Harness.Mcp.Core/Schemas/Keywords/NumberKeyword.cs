using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Schemas.Keywords;

/// <summary>Bounds and divisor of numbers, exact to the last digit.</summary>
internal sealed class NumberKeyword : Keyword
{
    public byte[]? Minimum { get; init; }

    public byte[]? ExclusiveMinimum { get; init; }

    public byte[]? Maximum { get; init; }

    public byte[]? ExclusiveMaximum { get; init; }

    public byte[]? MultipleOf { get; init; }

    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Number)
            return true;

        var text = JsonMarshal.GetRawUtf8Value(value);
        if (!run.Charge(text.Length / 8))
            return false;

        var number = new ExactNumber(text);
        var holds = Check(Minimum is null || Compare(number, Minimum) >= 0, run, "minimum", "must be at least", Minimum);
        holds = Check(ExclusiveMinimum is null || Compare(number, ExclusiveMinimum) > 0, run, "exclusiveMinimum", "must be more than", ExclusiveMinimum) && holds;
        holds = Check(Maximum is null || Compare(number, Maximum) <= 0, run, "maximum", "must be at most", Maximum) && holds;
        holds = Check(ExclusiveMaximum is null || Compare(number, ExclusiveMaximum) < 0, run, "exclusiveMaximum", "must be less than", ExclusiveMaximum) && holds;
        return Check(
            MultipleOf is null || (run.Charge(text.Length / 8 * (text.Length / 64)) && number.IsMultipleOf(new ExactNumber(MultipleOf))),
            run, "multipleOf", "must be a multiple of", MultipleOf) && holds;
    }

    private static int Compare(ExactNumber number, byte[] bound) => ExactNumber.Compare(number, new ExactNumber(bound));

    private static bool Check(bool holds, Evaluation run, string keyword, string must, byte[]? bound)
    {
        if (!holds && bound is not null && run.IsCollecting)
            run.Report(keyword, $"{must} {Encoding.UTF8.GetString(bound)}");
        return holds;
    }
}
