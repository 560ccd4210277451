using System.Collections.Immutable;
using System.Text.Json;

namespace Harness.Mcp.Core.Schemas;

/// <summary>One compiled (sub)schema: its keywords, all of which must hold.</summary>
internal sealed class SchemaNode(SchemaResource resource)
{
    private ImmutableArray<Keyword> _keywords = [];
    private bool _tracksEvaluated;

    public SchemaResource Resource { get; } = resource;

    /// <summary>Set once; a node that refers to itself exists before its keywords do.</summary>
    public void Complete(ImmutableArray<Keyword> keywords, bool tracksEvaluated)
    {
        _keywords = keywords;
        _tracksEvaluated = tracksEvaluated;
    }

    /// <param name="outer">Takes what this schema looks at in the value; null where nobody asks.</param>
    public bool Accepts(JsonElement value, Evaluation run, Evaluated? outer)
    {
        if (!run.Enter())
        {
            run.Leave();
            return false;
        }

        var scope = run.Scope;
        if (run.KeepsDynamicScope && scope?.Resource != Resource)
            run.Scope = new DynamicScope(Resource, scope);

        var evaluated = _tracksEvaluated ? For(value, run) : outer;
        var isAccepted = true;
        foreach (var keyword in _keywords)
        {
            if ((isAccepted || !keyword.NeedsTheOthers) && keyword.Holds(value, run, evaluated))
                continue;
            isAccepted = false;
            if (!run.IsCollecting)
                break;
        }

        if (isAccepted && _tracksEvaluated && outer is not null && evaluated is not null)
            outer.Add(evaluated);

        run.Scope = scope;
        run.Leave();
        return isAccepted;
    }

    private static Evaluated? For(JsonElement value, Evaluation run)
    {
        var count = value.ValueKind switch
        {
            JsonValueKind.Object => value.GetPropertyCount(),
            JsonValueKind.Array => value.GetArrayLength(),
            _ => -1,
        };
        return count < 0 || !run.Charge(count / 8) ? null : new Evaluated(count);
    }
}

/// <summary>One keyword, or several that are cheaper to check together.</summary>
internal abstract class Keyword
{
    /// <summary>Whether the keyword means something only where all others held.</summary>
    public virtual bool NeedsTheOthers => false;

    /// <summary>Whether the keyword accepts the value; where it does not and the run collects, it reports why.</summary>
    public abstract bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated);
}
