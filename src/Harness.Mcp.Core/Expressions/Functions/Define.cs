namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>Short forms in which the function files declare their overloads.</summary>
internal static class Define
{
    public static readonly CelType T = new CelType.Parameter("T");
    public static readonly CelType K = new CelType.Parameter("K");
    public static readonly CelType V = new CelType.Parameter("V");

    /// <summary>A function called by its name alone, perhaps qualified: `math.abs(x)`.</summary>
    public static CelFunction Global(string name, ReadOnlySpan<CelType> parameters, CelType result, CelBody body, bool isLinear = false) =>
        new(new CelSignature(name, HasReceiver: false, [.. parameters], result), body, isLinear);

    /// <summary>A function called on its first argument: `text.startsWith(x)`.</summary>
    public static CelFunction Method(string name, ReadOnlySpan<CelType> parameters, CelType result, CelBody body, bool isLinear = false) =>
        new(new CelSignature(name, HasReceiver: true, [.. parameters], result), body, isLinear);

    public static CelValue NoOverload(string function) => CelValue.Error($"no such overload: {function}");
}
