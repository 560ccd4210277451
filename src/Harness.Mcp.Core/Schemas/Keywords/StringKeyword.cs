using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Harness.Mcp.Core.Schemas.Keywords;

/// <summary>A pattern with the text it was written as, for messages.</summary>
internal sealed record SchemaPattern(string Written, Regex Regex)
{
    private const int ShownLengthMax = 120;

    public string Shown => Written.Length <= ShownLengthMax ? Written : Written[..ShownLengthMax] + "…";
}

/// <summary>Length and pattern of strings. Lengths count characters (code points).</summary>
internal sealed class StringKeyword(long? lengthMin, long? lengthMax, SchemaPattern? pattern) : Keyword
{
    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.String)
            return true;
        if (!run.Charge(JsonMarshal.GetRawUtf8Value(value).Length / 32))
            return false;

        var text = SchemaText.Of(value);
        var holds = true;
        if (lengthMin is not null || lengthMax is not null)
        {
            var length = SchemaText.Length(text);
            if (length < lengthMin)
            {
                run.Report("minLength", $"must have at least {Characters(lengthMin)}");
                holds = false;
            }

            if (length > lengthMax)
            {
                run.Report("maxLength", $"must have at most {Characters(lengthMax)}");
                holds = false;
            }
        }

        if (pattern is not null && (holds || run.IsCollecting) && !SchemaText.Matches(pattern.Regex, text))
        {
            run.Report("pattern", $"must match the pattern `{pattern.Shown}`");
            holds = false;
        }

        return holds;
    }

    private static string Characters(long? count) => count == 1 ? "1 character" : $"{count} characters";
}
