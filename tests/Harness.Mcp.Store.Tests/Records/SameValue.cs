using System.Collections;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Harness.Mcp.Store.Tests.Records;

/// <summary>
/// Compares two values member by member, whatever their types gain later: a member that the codec forgets shows as a difference.
/// JSON is compared by its spelling without white space between tokens.
/// </summary>
internal static class SameValue
{
    public static string? Difference(object? expected, object? actual, string path = "link")
    {
        if (expected is null || actual is null)
            return expected is null && actual is null ? null : $"{path}: {expected ?? "null"} became {actual ?? "null"}";
        if (expected.GetType() != actual.GetType())
            return $"{path}: {expected.GetType().Name} became {actual.GetType().Name}";

        return expected switch
        {
            JsonElement json => Spelling(json) == Spelling((JsonElement)actual) ? null : $"{path}: {json} became {actual}",
            string or Guid or DateTimeOffset or Enum or IConvertible => expected.Equals(actual) ? null : $"{path}: {expected} became {actual}",
            IEnumerable list => Items([.. list.Cast<object?>()], [.. ((IEnumerable)actual).Cast<object?>()], path),
            _ => expected.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Select(property => Difference(property.GetValue(expected), property.GetValue(actual), $"{path}.{property.Name}"))
                .FirstOrDefault(difference => difference is not null),
        };
    }

    private static string? Items(object?[] expected, object?[] actual, string path) =>
        expected.Length != actual.Length
            ? $"{path}: {expected.Length} items became {actual.Length}"
            : expected.Zip(actual).Select((pair, index) => Difference(pair.First, pair.Second, $"{path}[{index}]")).FirstOrDefault(difference => difference is not null);

    private static string Spelling(JsonElement json)
    {
        var spelling = new StringBuilder();
        var isInString = false;
        var isEscaped = false;
        foreach (var character in Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(json)))
        {
            if (isInString || !" \t\r\n".Contains(character, StringComparison.Ordinal))
                spelling.Append(character);
            isInString ^= character == '"' && !isEscaped;
            isEscaped = isInString && character == '\\' && !isEscaped;
        }

        return spelling.ToString();
    }
}
