using System.Collections.Frozen;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Words of the mission language that this version refuses by name, each with what can be done instead.</summary>
internal static class LaterVocabulary
{
    public static readonly FrozenDictionary<string, string> Words = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["approval"] = "leave the tool out of the grants until a person can be asked",
        ["bound"] = "anchor the argument with `anchored`",
        ["carry"] = "forbid the sink with `flow`",
        ["then"] = "leave the tool out of the grants",
        ["otherwise"] = "leave the tool out of the grants",
        ["unless"] = "keep the rule without an exception",
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
