using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Harness.Mcp.Core.Expressions;

/// <summary>Functions by name; a receiver's functions stand apart from those called by name alone.</summary>
internal sealed class FunctionTable
{
    private readonly FrozenDictionary<(string Name, bool HasReceiver), ImmutableArray<CelFunction>> _functions;

    public FunctionTable(IEnumerable<CelFunction> functions) =>
        _functions = functions
            .GroupBy(function => (function.Signature.Function, function.Signature.HasReceiver))
            .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray());

    /// <summary>Everything that expressions may call besides the operators.</summary>
    public static FunctionTable Standard { get; } = new([
        .. Functions.Conversions.All,
        .. Functions.Texts.All,
        .. Functions.MoreTexts.All,
        .. Functions.Times.All,
        .. Functions.Collections.All,
        .. Functions.Sets.All,
        .. Functions.Numbers.All,
        .. Functions.Optionals.All,
        .. Functions.Encoders.All,
        .. Functions.Networks.All,
    ]);

    public IEnumerable<string> Names(bool hasReceiver) =>
        _functions.Keys.Where(key => key.HasReceiver == hasReceiver).Select(key => key.Name);

    /// <summary>All overloads of a function; empty where there is none.</summary>
    public ImmutableArray<CelFunction> Find(string name, bool hasReceiver) =>
        _functions.TryGetValue((name, hasReceiver), out var found) ? found : [];

    public FunctionTable With(ImmutableArray<CelFunction> more) =>
        more.IsDefaultOrEmpty ? this : new FunctionTable(_functions.Values.SelectMany(functions => functions).Concat(more));
}
