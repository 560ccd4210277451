using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Missions;

/// <summary>
/// The values at a path of a call's arguments that say something: strings and numbers, lists item by item, objects member by member, the names of
/// members too where no schema could have given them. `true`, `false`, `null` and empty text say nothing of whom a call acts on. Where the
/// path expects a list and there is none, the value counts as a list of one, so that no other shape slips past.
/// </summary>
internal readonly struct ArgumentValues(JsonElement arguments, FieldPath path)
{
    public FoundValue? FirstWhere(Func<JsonElement, bool> isAsked)
    {
        var left = MissionBounds.ArgumentAtomsMax;
        return At(arguments, 0, "", isAsked, ref left);
    }

    private FoundValue? At(JsonElement value, int step, string place, Func<JsonElement, bool> isAsked, ref int left)
    {
        if (step == path.Steps.Length)
            return Inside(value, place, isAsked, ref left);

        if (value.ValueKind == JsonValueKind.Array)
            return Items(value, path.Steps[step] is null ? step + 1 : step, place, isAsked, ref left);
        if (path.Steps[step] is not { } name)
            return At(value, step + 1, place, isAsked, ref left);
        return value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member)
            ? At(member, step + 1, place.Length == 0 ? name : $"{place}.{name}", isAsked, ref left)
            : null;
    }

    private FoundValue? Items(JsonElement list, int step, string place, Func<JsonElement, bool> isAsked, ref int left)
    {
        var index = 0;
        foreach (var item in list.EnumerateArray())
            if (At(item, step, string.Create(CultureInfo.InvariantCulture, $"{place}[{index++}]"), isAsked, ref left) is { } found)
                return found;
        return null;
    }

    private FoundValue? Inside(JsonElement value, string place, Func<JsonElement, bool> isAsked, ref int left)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                return Items(value, path.Steps.Length, place, isAsked, ref left);
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    // Names that a schema gives are words; an address or a code there is a value like any other.
                    if (!IsWord(member.Name) && Ask(NameOf(member), $"{place}.{member.Name}", isAsked, ref left) is { } name)
                        return name;
                    if (Inside(member.Value, $"{place}.{member.Name}", isAsked, ref left) is { } found)
                        return found;
                }

                return null;
            case JsonValueKind.String or JsonValueKind.Number:
                return Ask(value, place, isAsked, ref left);
            default:
                return null;
        }
    }

    private static FoundValue? Ask(JsonElement value, string place, Func<JsonElement, bool> isAsked, ref int left)
    {
        if (value.ValueKind == JsonValueKind.String && value.ValueEquals(""))
            return null;
        return --left < 0 || isAsked(value) ? new FoundValue(value, place) : null;
    }

    private static bool IsWord(string name) => name.Length <= 64 && name.All(character => char.IsAsciiLetter(character) || character is '_' or '-');

    private static JsonElement NameOf(JsonProperty member) => JsonElement.Parse($"\"{JsonEncodedText.Encode(member.Name)}\"");
}
