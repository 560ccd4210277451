using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads expressions.</summary>
internal static class Conditions
{
    public static RuleCondition? Parse(MapReader reader, string key)
    {
        if (reader.Text(key) is not { } source)
            return null;
        var at = reader.Find(key)!.Position;
        var compiled = RuleExpression.Compile(source, at);
        reader.Problems.AddRange(compiled.Problems);
        return compiled.IsValid ? new RuleCondition(source, compiled.Value, at) : null;
    }
}
