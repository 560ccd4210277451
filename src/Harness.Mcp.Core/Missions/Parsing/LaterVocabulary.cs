using System.Collections.Frozen;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Words of the mission language that this version refuses by name, each with what can be done instead.</summary>
internal static class LaterVocabulary
{
    public static readonly FrozenDictionary<string, string> Words = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["approval"] = "leave the tool out of the grants until a person can be asked",
        ["then"] = "leave the tool out of the grants",
        ["otherwise"] = "leave the tool out of the grants",
        ["enforce"] = "keep the rule, which always denies",
        ["unless"] = "keep the rule without an exception",
        ["examples"] = "keep the examples in a test of your own",
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
