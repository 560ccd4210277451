using System.Collections.Frozen;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Words of the mission language that this version refuses by name, each with what can be done instead.</summary>
internal static class LaterVocabulary
{
    public static readonly FrozenDictionary<string, string> Words = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["enforce"] = "keep the rule, which always denies",
        ["examples"] = "keep the examples in a test of your own",
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
