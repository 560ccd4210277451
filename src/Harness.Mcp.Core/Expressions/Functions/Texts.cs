using System.Collections.Immutable;
using static Harness.Mcp.Core.Expressions.Functions.Define;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>The standard functions on strings.</summary>
internal static class Texts
{
    public static ImmutableArray<CelFunction> All { get; } = [
        Method("startsWith", [CelType.String, CelType.String], CelType.Bool,
            arguments => CelValue.Of(arguments[0].AsString.StartsWith(arguments[1].AsString, StringComparison.Ordinal))),
        Method("endsWith", [CelType.String, CelType.String], CelType.Bool,
            arguments => CelValue.Of(arguments[0].AsString.EndsWith(arguments[1].AsString, StringComparison.Ordinal))),
        Method("contains", [CelType.String, CelType.String], CelType.Bool,
            arguments => CelValue.Of(arguments[0].AsString.Contains(arguments[1].AsString, StringComparison.Ordinal)), isLinear: true),
        Method("matches", [CelType.String, CelType.String], CelType.Bool, Matches, isLinear: true),
        Global("matches", [CelType.String, CelType.String], CelType.Bool, Matches, isLinear: true),
    ];

    private static CelValue Matches(ReadOnlySpan<CelValue> arguments) => Re2Pattern.TryCompile(arguments[1].AsString, out var pattern, out var message)
        ? CelValue.Of(pattern.IsMatch(arguments[0].AsString))
        : CelValue.Error(message);
}
