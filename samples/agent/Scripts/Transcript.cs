using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Harness.Mcp.Samples.Agent.Scripts;

/// <summary>A conversation as a script reads it: the task, and each call with what came back.</summary>
internal sealed record Transcript(string Task, ImmutableHashSet<string> Tools, ImmutableArray<FinishedCall> Calls)
{
    public static Transcript Of(IEnumerable<ChatMessage> messages, IEnumerable<AITool> tools)
    {
        var task = "";
        var requests = new Dictionary<string, FunctionCallContent>(StringComparer.Ordinal);
        var calls = ImmutableArray.CreateBuilder<FinishedCall>();
        foreach (var message in messages)
        {
            if (message.Role == ChatRole.User)
                task = message.Text;
            foreach (var content in message.Contents)
            {
                if (content is FunctionCallContent request)
                    requests[request.CallId] = request;
                else if (content is FunctionResultContent result && requests.TryGetValue(result.CallId, out var answered))
                    calls.Add(FinishedCall.Of(answered, result));
            }
        }

        return new Transcript(task, [.. tools.Select(tool => tool.Name)], calls.ToImmutable());
    }

    /// <summary>The last call of a tool, or null where there was none; with <paramref name="argument"/>, only one that had this value in an argument.</summary>
    public FinishedCall? Last(string tool, string? argument = null) => Calls.LastOrDefault(call =>
        string.Equals(call.Tool, tool, StringComparison.Ordinal)
        && (argument is null || call.Arguments.Values.Any(value => string.Equals(value, argument, StringComparison.Ordinal))));
}

/// <summary>A call that was answered.</summary>
/// <param name="Answer">The structured result; undefined where there is none.</param>
/// <param name="Text">The whole answer as text, in which a credulous model looks for orders.</param>
internal sealed record FinishedCall(
    string Tool, ImmutableDictionary<string, string> Arguments, bool IsError, JsonElement Answer, string Text)
{
    public static FinishedCall Of(FunctionCallContent request, FunctionResultContent result)
    {
        var arguments = (request.Arguments ?? new Dictionary<string, object?>(StringComparer.Ordinal))
            .ToImmutableDictionary(argument => argument.Key, argument => argument.Value?.ToString() ?? "", StringComparer.Ordinal);
        if (result.Result is not JsonElement { ValueKind: JsonValueKind.Object } answer)
            return new FinishedCall(request.Name, arguments, IsError: true, default, result.Result?.ToString() ?? ""); // No tool of this name, or none that answered.

        var isError = answer.TryGetProperty("isError", out var flag) && flag.ValueKind == JsonValueKind.True;
        var text = answer.TryGetProperty("content", out var blocks)
            ? string.Join('\n', blocks.EnumerateArray().Where(block => block.TryGetProperty("text", out _)).Select(block => block.GetProperty("text").GetString()))
            : answer.GetRawText();
        return new FinishedCall(
            request.Name, arguments, isError, answer.TryGetProperty("structuredContent", out var structured) ? structured : default, text);
    }

    /// <summary>A text field of the answer; empty where it is absent or null.</summary>
    public string Field(string name) =>
        Answer.ValueKind == JsonValueKind.Object && Answer.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : "";

    /// <summary>A field of the answer that is a list of texts; empty where it is absent.</summary>
    public ImmutableArray<string> List(string name) =>
        Answer.ValueKind == JsonValueKind.Object && Answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(item => item.ToString())]
            : [];
}
