using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>Reads what an agent answered to a question, and writes it anew as it goes to the backend: answers to what was asked, of the shape that was asked for.</summary>
internal abstract record Answers
{
    private Answers() { }

    /// <param name="Value">A JSON object: each answer under the key of its request.</param>
    public sealed record Given(JsonElement Value) : Answers;

    /// <summary>Not all that was asked for is there; it may be asked for again.</summary>
    public sealed record Missing : Answers;

    /// <param name="Why">For the agent's developer; it quotes nothing of the answer.</param>
    public sealed record Invalid(string Why) : Answers;

    /// <summary>Nothing of it may leave, whatever it says.</summary>
    public sealed record Denied(Denial Denial) : Answers;

    /// <param name="asked">See <see cref="Question.Asked"/>.</param>
    /// <param name="responses">A JSON object of answers; keys that nobody asked for are passed over.</param>
    public static Answers Read(JsonElement asked, JsonElement? responses)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, PooledJson.Options))
        {
            json.WriteStartObject();
            foreach (var request in asked.EnumerateObject())
            {
                if (responses is not { ValueKind: JsonValueKind.Object } all || !all.TryGetProperty(request.Name, out var answer))
                    return new Missing();
                json.WritePropertyName(request.Name);
                if (Write(json, request.Value, answer) is { } fault)
                    return new Invalid($"The answer to `{request.Value.GetProperty("method").GetString()}` {fault}.");
            }

            json.WriteEndObject();
        }

        return new Given(JsonElement.Parse(buffer.ToArray()));
    }

    private static string? Write(Utf8JsonWriter json, JsonElement request, JsonElement answer) => answer.ValueKind != JsonValueKind.Object
        ? "is no object"
        : request.GetProperty("method").GetString() switch
        {
            BackendRequests.Elicit => WriteElicited(json, request.GetProperty("params"), answer),
            BackendRequests.Sample => WriteSampled(json, answer),
            _ => WriteRoots(json, answer),
        };

    private static string? WriteElicited(Utf8JsonWriter json, JsonElement parameters, JsonElement answer)
    {
        var action = Question.Text(answer, "action");
        if (action is not ("accept" or "decline" or "cancel"))
            return "has no `action`, which is `accept`, `decline` or `cancel`";

        var isForm = parameters.TryGetProperty("requestedSchema", out var schema);
        var isAccepted = action is "accept";
        var hasContent = answer.TryGetProperty("content", out var content) && content.ValueKind != JsonValueKind.Null;
        json.WriteStartObject();
        json.WriteString("action"u8, action);
        if (isAccepted && isForm)
        {
            var filled = hasContent ? content : JsonElement.Parse("{}");
            if (filled.ValueKind != JsonValueKind.Object || ElicitationForm.SchemaOf(schema).Value?.IsValid(filled) != true)
                return "does not fit the form that was asked to be filled in";
            json.WritePropertyName("content"u8);
            filled.WriteTo(json);
        }

        json.WriteEndObject();
        return null;
    }

    private static string? WriteSampled(Utf8JsonWriter json, JsonElement answer)
    {
        if (Question.Text(answer, "role") is null || Question.Text(answer, "model") is null
            || !answer.TryGetProperty("content", out var content) || content.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
            return "has no `role`, `model` or `content`";
        WriteBut(json, answer, "_meta", "resultType");
        return null;
    }

    private static string? WriteRoots(Utf8JsonWriter json, JsonElement answer)
    {
        if (!answer.TryGetProperty("roots", out var roots) || roots.ValueKind != JsonValueKind.Array || !roots.EnumerateArray().All(root => Question.Text(root, "uri") is not null))
            return "has no list of `roots`";
        json.WriteStartObject();
        json.WritePropertyName("roots"u8);
        roots.WriteTo(json);
        json.WriteEndObject();
        return null;
    }

    private static void WriteBut(Utf8JsonWriter json, JsonElement value, params ReadOnlySpan<string> left)
    {
        json.WriteStartObject();
        foreach (var member in value.EnumerateObject())
            if (!left.Contains(member.Name))
                member.WriteTo(json);
        json.WriteEndObject();
    }
}
