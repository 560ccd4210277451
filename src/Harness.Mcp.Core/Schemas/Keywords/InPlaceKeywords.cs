using System.Collections.Immutable;
using System.Text.Json;

namespace Harness.Mcp.Core.Schemas.Keywords;

/// <summary>`$ref`, and `$dynamicRef` where its name is bound to one place.</summary>
internal sealed class ReferenceKeyword(SchemaNode target) : Keyword
{
    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated) => target.Accepts(value, run, evaluated);
}

/// <summary>`$dynamicRef`: the outermost resource that evaluation passed through and that has the name decides where it leads.</summary>
internal sealed class DynamicReferenceKeyword(SchemaNode target, IReadOnlyDictionary<SchemaResource, SchemaNode> candidates) : Keyword
{
    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        var found = target;
        for (var scope = run.Scope; scope is not null; scope = scope.Outer)
        {
            if (!run.Charge(1))
                return false;
            found = candidates.GetValueOrDefault(scope.Resource, found);
        }

        return found.Accepts(value, run, evaluated);
    }
}

internal sealed class AllOfKeyword(ImmutableArray<SchemaNode> schemas) : Keyword
{
    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        var holds = true;
        foreach (var schema in schemas)
        {
            holds = schema.Accepts(value, run, evaluated) && holds;
            if (!holds && !run.IsCollecting)
                return false;
        }

        return holds;
    }
}

internal sealed class AnyOfKeyword(ImmutableArray<SchemaNode> schemas) : Keyword
{
    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        var holds = false;
        run.BeginTry();
        foreach (var schema in schemas)
        {
            if (Trial.Accepts(schema, value, run, evaluated))
                holds = true;
            if (holds && evaluated is null)
                break;
        }

        run.EndTry();
        if (!holds)
            run.Report("anyOf", "has none of the allowed forms");
        return holds;
    }
}

internal sealed class OneOfKeyword(ImmutableArray<SchemaNode> schemas) : Keyword
{
    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        var accepted = 0;
        run.BeginTry();
        foreach (var schema in schemas)
        {
            if (Trial.Accepts(schema, value, run, evaluated))
                accepted++;
            if (accepted > 1)
                break;
        }

        run.EndTry();
        if (accepted != 1)
            run.Report("oneOf", accepted == 0 ? "has none of the allowed forms" : "has more than one of the forms that exclude each other");
        return accepted == 1;
    }
}

internal sealed class NotKeyword(SchemaNode schema) : Keyword
{
    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        run.BeginTry();
        var holds = !schema.Accepts(value, run, null);
        run.EndTry();
        if (!holds)
            run.Report("not", "has a form that is excluded");
        return holds;
    }
}

internal sealed class IfKeyword(SchemaNode condition, SchemaNode? then, SchemaNode? otherwise) : Keyword
{
    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        run.BeginTry();
        var isMet = Trial.Accepts(condition, value, run, evaluated);
        run.EndTry();
        return (isMet ? then : otherwise)?.Accepts(value, run, evaluated) ?? true;
    }
}

/// <summary>Tries a schema: what it looks at counts only where it accepts.</summary>
internal static class Trial
{
    public static bool Accepts(SchemaNode schema, JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        var own = evaluated?.Fresh();
        if (!schema.Accepts(value, run, own))
            return false;
        if (own is not null)
            evaluated?.Add(own);
        return true;
    }
}
