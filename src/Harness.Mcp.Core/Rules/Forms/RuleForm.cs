using System.Collections.Immutable;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>What a rule asks: one of the short forms, or a condition in CEL. The set is closed.</summary>
public abstract record RuleForm
{
    private protected RuleForm()
    {
    }

    /// <summary>The key that the form has in a document.</summary>
    public abstract string Key { get; }

    /// <summary>The CEL expression that a call must make true; null where CEL cannot say it.</summary>
    public abstract string? ToCel(Rule rule);

    /// <summary>Arguments of the judged call that the form reads.</summary>
    internal virtual ImmutableArray<FieldPath> ArgumentsRead => [];

    /// <summary>Arguments that the form looks at where the call carries them.</summary>
    internal virtual ImmutableArray<FieldPath> ArgumentsWatched => [];

    /// <summary>Other tools that the form names: those that must, or must not, have been called.</summary>
    internal virtual ImmutableArray<Placed<ToolSelector>> ToolsNamed => [];

    /// <summary>Expressions that the form asks.</summary>
    internal virtual ImmutableArray<RuleCondition> Conditions => [];

    /// <summary>Whether calls of the tool can matter to the form at all.</summary>
    internal virtual bool Concerns(ToolFacts tool) => true;

    /// <param name="calls">Reads the mission's calls for all its rules.</param>
    internal abstract RuleMonitor NewMonitor(Rule rule, MissionFacts mission, CallReader calls);

    /// <summary>"`has(call.args.x)` or the rule does not mind": see <see cref="Rule"/>.</summary>
    private protected string Guarded(Rule rule, string cel)
    {
        if (ArgumentsRead.IsEmpty)
            return cel;
        var carried = string.Join(" && ", ArgumentsRead.Select(path => $"has({CelText.Argument("call", path)})"));
        return rule.HasOwnOn ? $"{carried} && {cel}" : $"!({carried}) || {cel}";
    }
}
