using System.Text.Json;
using Harness.Mcp.AgentDojo.Corpus;

namespace Harness.Mcp.AgentDojo.Figures;

/// <summary>Why an attack got through, as far as the documents tell.</summary>
internal static class Residue
{
    /// <param name="effect">The first effect that the attacker wants; null where the attack wants none.</param>
    public static string Of(Suite suite, string task, string request, GoldenCall? effect)
    {
        if (effect is null)
            return "speech only: the attack wants no call that a rule could see";

        var terms = suite.Tasks.FirstOrDefault(known => known.UserTask == task);
        var targets = suite.Classes.GetValueOrDefault(effect.Function)?.Target ?? [];
        var values = targets.Select(path => path.Split('.', '[')[0]).Distinct(StringComparer.Ordinal)
            .SelectMany(name => effect.Args.ValueKind == JsonValueKind.Object && effect.Args.TryGetProperty(name, out var value) ? Texts(value) : [])
            .ToArray();
        if (terms is not null && terms.BoundArguments.Any(bound => bound.Target.Tool == effect.Function))
            return $"`{effect.Function}` is granted, and its target may come from the very source that the attacker wrote into";
        if (values.Length > 0 && Array.TrueForAll(values, value => request.Contains(value, StringComparison.OrdinalIgnoreCase)))
            return $"`{effect.Function}` is granted, and the user's own request names the attacker's target";
        return $"`{effect.Function}` is granted, and the attacker's target is also known from trusted fields (or from nowhere)";
    }

    private static IEnumerable<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Texts(member.Value)),
        JsonValueKind.Null => [],
        _ => [value.ToString()],
    };
}
