namespace Harness.Mcp.Core.Expressions;

/// <summary>What keeps every expression small and every evaluation short.</summary>
internal static class CelLimits
{
    /// <summary>Longest source, in UTF-16 code units.</summary>
    public const int SourceLengthMax = 16_384;

    /// <summary>Most parts (literals, names, calls, …) in one expression.</summary>
    public const int NodesMax = 4_096;

    /// <summary>Deepest nesting, both of brackets in the source and of the tree. Long runs of `&amp;&amp;` and `||` count by their logarithm.</summary>
    public const int DepthMax = 64;

    /// <summary>Longest regular expression.</summary>
    public const int PatternLengthMax = 1_024;

    /// <summary>
    /// Steps one evaluation may take. Each part that runs inside a macro is a step, and so is each function call; long strings, lists and maps
    /// that are compared, searched or built count one more for every 16 characters or for every element.
    /// </summary>
    public const int StepsMax = 1_000_000;
}
