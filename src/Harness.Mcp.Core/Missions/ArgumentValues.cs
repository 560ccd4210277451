using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Missions;

/// <summary>
/// The values at a path of a call's arguments that say something: strings and numbers, lists item by item, objects member by member, the names of
/// members too where no schema would have given them. `true`, `false`, `null` and empty text say nothing of whom a call acts on. Where the
/// path expects a list and there is none, the value counts as a list of one, so that no other shape slips past.
/// </summary>
internal readonly struct ArgumentValues(JsonElement arguments, FieldPath path)
{
    private const int WordCharsMax = 64;

    /// <summary>Asks for the names of members even where they are words.</summary>
    public bool HasAllNames { get; init; }

    /// <returns>The first value for which <paramref name="isAsked"/> holds, or that is one more than an argument may carry.</returns>
    public FoundValue? FirstWhere(Func<JsonElement, bool> isAsked)
    {
        var left = MissionBounds.ArgumentAtomsMax;
        return At(arguments, 0, isAsked, ref left);
    }

    private FoundValue? At(JsonElement value, int step, Func<JsonElement, bool> isAsked, ref int left)
    {
        if (step == path.Steps.Length)
            return Inside(value, step > 0, isAsked, ref left);
        if (value.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                if (At(item, path.Steps[step] is null ? step + 1 : step, isAsked, ref left) is { } found)
                    return found.Under(Item(index));
                index++;
            }

            return null;
        }

        if (path.Steps[step] is not { } name)
            return At(value, step + 1, isAsked, ref left);
        return value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member)
            ? At(member, step + 1, isAsked, ref left)?.Under(name)
            : null;
    }

    private FoundValue? Inside(JsonElement value, bool isArgument, Func<JsonElement, bool> isAsked, ref int left)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    if (Inside(item, true, isAsked, ref left) is { } found)
                        return found.Under(Item(index));
                    index++;
                }

                return null;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    // The names of arguments are the schema's, and so are words in them; an address there is a value like any other.
                    if (isArgument && (HasAllNames || !IsWord(member.Name)) && Ask(NameOf(member), isAsked, ref left) is { } name)
                        return name.Under(member.Name);
                    if (Inside(member.Value, true, isAsked, ref left) is { } found)
                        return found.Under(member.Name);
                }

                return null;
            case JsonValueKind.String or JsonValueKind.Number:
                return Ask(value, isAsked, ref left);
            default:
                return null;
        }
    }

    private static FoundValue? Ask(JsonElement value, Func<JsonElement, bool> isAsked, ref int left)
    {
        if (value.ValueKind == JsonValueKind.String && value.ValueEquals(""))
            return null;
        return --left < 0 || isAsked(value) ? new FoundValue(value, "") : null;
    }

    private static bool IsWord(string name) =>
        name.Length <= WordCharsMax && name.All(character => char.IsAsciiLetter(character) || character is '_' or '-');

    private static JsonElement NameOf(JsonProperty member) => JsonElement.Parse($"\"{JsonEncodedText.Encode(member.Name)}\"");

    private static string Item(int index) => string.Create(CultureInfo.InvariantCulture, $"[{index}]");
}

/// <summary>A value of an argument, and the path that leads to just this one.</summary>
internal sealed record FoundValue(JsonElement Value, string Path)
{
    public FoundValue Under(string step) => this with { Path = Path.Length == 0 || Path[0] == '[' ? step + Path : $"{step}.{Path}" };
}
