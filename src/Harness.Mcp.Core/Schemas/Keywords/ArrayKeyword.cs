using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Harness.Mcp.Core.Schemas.Keywords;

/// <summary>Items of arrays: `prefixItems`, `items`, `contains` with its counts, `uniqueItems` and the counts.</summary>
internal sealed class ArrayKeyword : Keyword
{
    public ImmutableArray<SchemaNode> Prefix { get; init; } = [];

    public SchemaNode? Rest { get; init; }

    public SchemaNode? Contains { get; init; }

    public long ContainsMin { get; init; } = 1;

    public long? ContainsMax { get; init; }

    public bool IsUnique { get; init; }

    public long? CountMin { get; init; }

    public long? CountMax { get; init; }

    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Array)
            return true;

        var holds = HasRightCount(value.GetArrayLength(), run);
        if (!Prefix.IsEmpty || Rest is not null)
            holds = (holds || run.IsCollecting) && AreRight(value, run, evaluated) && holds;
        if (Contains is not null)
            holds = (holds || run.IsCollecting) && HasContained(value, Contains, run, evaluated) && holds;
        return (!IsUnique || ((holds || run.IsCollecting) && AreUnique(value, run))) && holds;
    }

    private bool HasRightCount(int count, Evaluation run)
    {
        if (count < CountMin)
            run.Report("minItems", $"must have at least {CountMin} items");
        if (count > CountMax)
            run.Report("maxItems", $"must have at most {CountMax} items");
        return !(count < CountMin) && !(count > CountMax);
    }

    private bool AreRight(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        var holds = true;
        var index = -1;
        foreach (var item in value.EnumerateArray())
        {
            index++;
            if (!holds && !run.IsCollecting)
                return false;
            if ((index < Prefix.Length ? Prefix[index] : Rest) is not { } schema)
                break;

            run.Push(index);
            holds = schema.Accepts(item, run, null) && holds;
            run.Pop();
            evaluated?.Mark(index);
        }

        return holds;
    }

    private bool HasContained(JsonElement value, SchemaNode schema, Evaluation run, Evaluated? evaluated)
    {
        var found = 0;
        var index = -1;
        run.BeginTry();
        foreach (var item in value.EnumerateArray())
        {
            index++;
            if (!schema.Accepts(item, run, null))
                continue;
            found++;
            evaluated?.Mark(index);
        }

        run.EndTry();
        if (found < ContainsMin)
            run.Report(ContainsMin == 1 ? "contains" : "minContains", ContainsMin == 1 ? "must have an item of the required form" : $"must have at least {ContainsMin} items of the required form");
        if (found > ContainsMax)
            run.Report("maxContains", $"must have at most {ContainsMax} items of the limited form");
        return found >= ContainsMin && !(found > ContainsMax);
    }

    private static bool AreUnique(JsonElement value, Evaluation run)
    {
        if (!run.Charge(JsonMarshal.GetRawUtf8Value(value).Length / 8))
            return false;

        var seen = new HashSet<byte[]>(NameComparer.Instance);
        foreach (var item in value.EnumerateArray())
        {
            if (seen.Add(EnumKeyword.Canonical(item)))
                continue;
            run.Report("uniqueItems", "must not have an item twice");
            return false;
        }

        return true;
    }
}

/// <summary>`unevaluatedItems`: what holds for items that no other keyword looked at.</summary>
internal sealed class UnevaluatedItemsKeyword(SchemaNode schema) : Keyword
{
    public override bool NeedsTheOthers => true;

    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Array || evaluated is null)
            return true;

        var holds = true;
        var index = -1;
        foreach (var item in value.EnumerateArray())
        {
            index++;
            if (evaluated[index] || (!holds && !run.IsCollecting))
                continue;
            run.Push(index);
            holds = schema.Accepts(item, run, null) && holds;
            run.Pop();
        }

        evaluated.MarkAll();
        return holds;
    }
}
