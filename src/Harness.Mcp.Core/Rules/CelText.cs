using System.Globalization;
using System.Text;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Rules;

/// <summary>Pieces of CEL source that the short forms are spelled with.</summary>
internal static class CelText
{
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (var letter in text)
        {
            if (letter is '"' or '\\')
                literal.Append('\\').Append(letter);
            else if (char.IsControl(letter))
                literal.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            else
                literal.Append(letter);
        }

        return literal.Append('"').ToString();
    }

    public static string Duration(TimeSpan duration) =>
        $"duration(\"{((decimal)duration.TotalMilliseconds / 1000).ToString("0.###", CultureInfo.InvariantCulture)}s\")";

    /// <summary>`call.args.user` and `l.args.user` for the path `user`.</summary>
    public static string Argument(string of, FieldPath path) => $"{of}.args.{path}";
}
