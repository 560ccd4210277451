using System.Text.Json;

namespace Harness.Mcp.AgentDojo.Corpus;

/// <summary>A recorded answer as the MCP result that the tool's server would have sent.</summary>
internal static class RecordedResult
{
    public static JsonElement Of(string text, bool isError) =>
        JsonSerializer.SerializeToElement(new { content = new[] { new { type = "text", text } }, isError });

    public static JsonElement Of(RecordedCall call) => Of(Undelimited(call.ResultText ?? call.Error ?? ""), call.Error is not null);

    /// <summary>One pipeline's defence shows its model every answer between `&lt;&lt;` and `&gt;&gt;`; the tool's own answer has no such marks.</summary>
    private static string Undelimited(string text) =>
        text.StartsWith("<<", StringComparison.Ordinal) && text.EndsWith(">>", StringComparison.Ordinal) && text.Length >= 4 ? text[2..^2] : text;
}
