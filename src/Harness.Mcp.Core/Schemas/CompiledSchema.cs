using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Harness.Mcp.Core.Schemas;

/// <summary>One compiled schema: its root, and whether evaluation must keep the dynamic scope.</summary>
internal sealed class CompiledSchema(SchemaNode root, bool hasDynamicReferences)
{
    // Memory and no state: each run begins anew.
    private static readonly ThreadLocal<Evaluation?> Spare = new();

    public bool Accepts(JsonElement value)
    {
        var stepsMax = StepsMax(value);
        var run = Spare.Value ?? new Evaluation(isCollecting: false);
        Spare.Value = null;
        run.Begin(stepsMax, hasDynamicReferences);
        var isAccepted = root.Accepts(value, run, null) && !run.IsExhausted;
        Spare.Value = run;
        return isAccepted;
    }

    /// <summary>Why a value is not accepted; at least one violation.</summary>
    public ImmutableArray<SchemaViolation> Explain(JsonElement value)
    {
        var run = new Evaluation(isCollecting: true);
        run.Begin(StepsMax(value), hasDynamicReferences);
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
