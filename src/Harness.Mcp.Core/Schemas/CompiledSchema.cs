using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Harness.Mcp.Core.Schemas;

/// <summary>One compiled schema: its root, and whether evaluation must keep the dynamic scope.</summary>
internal sealed class CompiledSchema(SchemaNode root, bool hasDynamicReferences)
{
    public bool Accepts(JsonElement value)
    {
        var run = new Evaluation(StepsMax(value), hasDynamicReferences, isCollecting: false);
        return root.Accepts(value, run, null) && !run.IsExhausted;
    }

    /// <summary>Why a value is not accepted; at least one violation.</summary>
    public ImmutableArray<SchemaViolation> Explain(JsonElement value)
    {
        var run = new Evaluation(StepsMax(value), hasDynamicReferences, isCollecting: true);
        var isAccepted = root.Accepts(value, run, null);
        if (run.IsExhausted)
            return [new SchemaViolation("", "", "The value is too deep or too large to be checked against this schema.")];
        return isAccepted ? [] : run.Violations;
    }

    // In proportion to the value, so that honest values always pass and a schema that multiplies work does not.
    private static int StepsMax(JsonElement value) =>
        value.ValueKind == JsonValueKind.Undefined
            ? throw new ArgumentException("The value is undefined: it belongs to no document.", nameof(value))
            : (int)Math.Min(Evaluation.StepsMax, 100_000L + (16L * JsonMarshal.GetRawUtf8Value(value).Length));
}
