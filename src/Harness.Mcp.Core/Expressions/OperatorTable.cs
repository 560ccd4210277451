using System.Collections.Immutable;
using static Harness.Mcp.Core.Expressions.CelType;
using static Harness.Mcp.Core.Expressions.Functions.Define;

namespace Harness.Mcp.Core.Expressions;

/// <summary>The types that operators take. What they do is <see cref="BinaryOperations"/> and the nodes.</summary>
internal static class OperatorTable
{
    private static readonly CelType[] Numbers = [Int, Uint, CelType.Double];

    private static readonly ImmutableArray<CelSignature> All = [
        Of(Operators.And, [CelType.Bool, CelType.Bool], CelType.Bool),
        Of(Operators.Or, [CelType.Bool, CelType.Bool], CelType.Bool),
        Of(Operators.Not, [CelType.Bool], CelType.Bool),
        Of(Operators.Conditional, [CelType.Bool, T, T], T),
        Of(Operators.Negate, [Int], Int),
        Of(Operators.Negate, [CelType.Double], CelType.Double),
        Of(Operators.Equal, [T, T], CelType.Bool),
        Of(Operators.NotEqual, [T, T], CelType.Bool),
        .. Ordered(Operators.Less),
        .. Ordered(Operators.LessOrEqual),
        .. Ordered(Operators.Greater),
        .. Ordered(Operators.GreaterOrEqual),
        .. Same(Operators.Add, Int, Uint, CelType.Double, CelType.String, Bytes, Duration),
        Of(Operators.Add, [ListOf(T), ListOf(T)], ListOf(T)),
        Of(Operators.Add, [Timestamp, Duration], Timestamp),
        Of(Operators.Add, [Duration, Timestamp], Timestamp),
        .. Same(Operators.Subtract, Int, Uint, CelType.Double, Duration),
        Of(Operators.Subtract, [Timestamp, Duration], Timestamp),
        Of(Operators.Subtract, [Timestamp, Timestamp], Duration),
        .. Same(Operators.Multiply, Int, Uint, CelType.Double),
        .. Same(Operators.Divide, Int, Uint, CelType.Double),
        .. Same(Operators.Modulo, Int, Uint),
        Of(Operators.In, [T, ListOf(T)], CelType.Bool),
        Of(Operators.In, [K, MapOf(K, V)], CelType.Bool),
        Of(Operators.Index, [ListOf(T), Int], T),
        Of(Operators.Index, [MapOf(K, V), K], V),
        Of(Operators.Index, [OptionalOf(ListOf(T)), Int], OptionalOf(T)),
        Of(Operators.Index, [OptionalOf(MapOf(K, V)), K], OptionalOf(V)),
        Of(Operators.OptionalIndex, [ListOf(T), Int], OptionalOf(T)),
        Of(Operators.OptionalIndex, [MapOf(K, V), K], OptionalOf(V)),
        Of(Operators.OptionalIndex, [OptionalOf(ListOf(T)), Int], OptionalOf(T)),
        Of(Operators.OptionalIndex, [OptionalOf(MapOf(K, V)), K], OptionalOf(V)),
    ];

    private static readonly ILookup<string, CelSignature> ByName = All.ToLookup(signature => signature.Function, StringComparer.Ordinal);

    /// <summary>Empty for what is no operator.</summary>
    public static IEnumerable<CelSignature> Find(string name) => ByName[name];

    /// <summary>An operator as people write it.</summary>
    public static string Written(string name) => name switch
    {
        Operators.Conditional => "? :",
        Operators.Index => "[ ]",
        Operators.OptionalIndex => "[? ]",
        _ => name.Trim('_', '@'),
    };

    private static CelSignature Of(string name, ReadOnlySpan<CelType> parameters, CelType result) => new(name, HasReceiver: false, [.. parameters], result);

    private static IEnumerable<CelSignature> Same(string name, params CelType[] types) => types.Select(type => Of(name, [type, type], type));

    private static IEnumerable<CelSignature> Ordered(string name)
    {
        foreach (var type in new[] { CelType.Bool, CelType.String, Bytes, Timestamp, Duration })
            yield return Of(name, [type, type], CelType.Bool);
        foreach (var first in Numbers)
            foreach (var second in Numbers)
                yield return Of(name, [first, second], CelType.Bool);
    }
}
