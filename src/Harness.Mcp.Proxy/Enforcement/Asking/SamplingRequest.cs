using System.Text.Json;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>
/// What a backend asks the agent's model to write. Nothing of the agent's other conversations goes into it (`includeContext`), and it gets no tools: the
/// backend would act through the agent.
/// </summary>
internal static class SamplingRequest
{
    private static readonly string[] Kept = ["messages", "systemPrompt", "maxTokens", "temperature", "stopSequences", "modelPreferences"];

    /// <inheritdoc cref="ElicitationForm.Write"/>
    public static string? Write(Utf8JsonWriter json, JsonElement parameters)
    {
        if (parameters.ValueKind != JsonValueKind.Object
            || !parameters.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array
            || !parameters.TryGetProperty("maxTokens", out var tokens) || tokens.ValueKind != JsonValueKind.Number)
            return "for a text from your model, and says not about what or how long";
        if (parameters.TryGetProperty("tools", out var tools) && !(tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() == 0))
            return "for your model with tools of its own";

        foreach (var name in Kept)
        {
            if (!parameters.TryGetProperty(name, out var value))
                continue;
            json.WritePropertyName(name);
            value.WriteTo(json);
        }

        return null;
    }
}
