using System.Collections.Immutable;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Schemas;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>What a place in an expression can take for granted: the shapes of its variables, and which tools those that are calls can be of.</summary>
internal sealed record Scope
{
    /// <summary>Variables that stand for calls.</summary>
    private ImmutableDictionary<string, CallVariable> Calls { get; init; } = ImmutableDictionary.Create<string, CallVariable>(StringComparer.Ordinal);

    private ImmutableDictionary<string, Shape> Values { get; init; } = ImmutableDictionary.Create<string, Shape>(StringComparer.Ordinal);

    public static Scope OfCall(ImmutableArray<KnownTool> watched) => new Scope().WithCall("call", watched, []);

    public CallVariable? Call(string variable) => Calls.GetValueOrDefault(variable);

    public Shape? Value(string variable) => Values.GetValueOrDefault(variable);

    public Scope WithCall(string variable, ImmutableArray<KnownTool> tools, ImmutableArray<Assumption> assumed) => this with
    {
        Calls = Calls.SetItem(variable, new CallVariable(tools, assumed)),
        Values = Values.Remove(variable),
    };

    public Scope WithValue(string variable, Shape shape) => this with { Values = Values.SetItem(variable, shape), Calls = Calls.Remove(variable) };

    /// <summary>The scope of what matters only where a condition does, or does not, hold.</summary>
    public Scope Where(Expr condition, bool holds) => this with
    {
        Calls = Calls.ToImmutableDictionary(
            call => call.Key, call => call.Value with { Assumed = call.Value.Assumed.Add(new Assumption(call.Key, condition, holds)) }, StringComparer.Ordinal),
    };

    /// <param name="Tools">Tools that the call may be of, before the assumptions.</param>
    public sealed record CallVariable(ImmutableArray<KnownTool> Tools, ImmutableArray<Assumption> Assumed)
    {
        public IEnumerable<KnownTool> Possible => Tools.Where(tool => Assumed.All(assumption => assumption.Admits(tool)));
    }
}

/// <summary>A condition on a call that holds, or does not, wherever the place matters: `l.tool == "x" &amp;&amp; …`.</summary>
/// <param name="Variable">What the condition calls the call.</param>
internal sealed record Assumption(string Variable, Expr Condition, bool Holds)
{
    private static readonly ToolLogic Logic = new(null);

    public bool Admits(KnownTool tool) =>
        Logic.Holds(Condition, ImmutableDictionary<string, KnownTool>.Empty.Add(Variable, tool)) != !Holds;
}
