using System.Collections.Immutable;
using System.Text.Json;

namespace Harness.Mcp.Core.Json;

/// <summary>
/// A path into a JSON value, as mission documents write it: `user`, `owner.mail`, `hosts[]`, `users[].mail`. `[]` means
/// every item of the list at that place; `[]` alone is every item of a list that is itself the value, and the empty path is the value itself.
/// </summary>
public sealed record FieldPath
{
    private readonly ImmutableArray<string?> _steps; // null is `[]`

    private FieldPath(string text, ImmutableArray<string?> steps)
    {
        Text = text;
        _steps = steps;
    }

    public static FieldPath Whole { get; } = new("", []);

    public string Text { get; }

    /// <summary>The first name of the path, or null where it starts with `[]` or is empty.</summary>
    public string? Root => _steps.IsEmpty ? null : _steps[0];

    /// <summary>The names of the path in order; null stands for `[]`.</summary>
    internal ImmutableArray<string?> Steps => _steps;

    /// <summary>Reads a path. Returns null where <paramref name="text"/> is not one.</summary>
    public static FieldPath? Parse(string text)
    {
        if (text.Length == 0)
            return Whole;

        var steps = ImmutableArray.CreateBuilder<string?>();
        foreach (var part in text.Split('.'))
        {
            var name = part;
            var lists = 0;
            while (name.EndsWith("[]", StringComparison.Ordinal))
            {
                name = name[..^2];
                lists++;
            }

            if (name.Contains('[', StringComparison.Ordinal) || name.Contains(']', StringComparison.Ordinal))
                return null;
            if (name.Length > 0)
                steps.Add(name);
            else if (lists == 0 || steps.Count > 0)
                return null;

            for (var list = 0; list < lists; list++)
                steps.Add(null);
        }

        return new FieldPath(text, steps.ToImmutable());
    }

    /// <summary>Every value at this path, in document order; none where a step is missing or has another shape.</summary>
    public IEnumerable<JsonElement> Select(JsonElement value) => Select(value, 0);

    public bool Equals(FieldPath? other) => other is not null && string.Equals(Text, other.Text, StringComparison.Ordinal);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    private IEnumerable<JsonElement> Select(JsonElement value, int step)
    {
        if (step == _steps.Length)
        {
            yield return value;
            yield break;
        }

        if (_steps[step] is { } name)
        {
            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member))
                foreach (var found in Select(member, step + 1))
                    yield return found;
            yield break;
        }

        if (value.ValueKind == JsonValueKind.Array)
            foreach (var item in value.EnumerateArray())
                foreach (var found in Select(item, step + 1))
                    yield return found;
    }
}
