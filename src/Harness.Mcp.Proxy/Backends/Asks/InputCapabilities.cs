using System.Text.Json;
using Harness.Mcp.Core.Asks;

namespace Harness.Mcp.Proxy.Backends.Asks;

/// <summary>The client capabilities that stand for what can be asked of an agent. Nothing beyond them is ever declared or taken over.</summary>
internal static class InputCapabilities
{
    /// <summary>Writes the members of a capabilities object.</summary>
    public static void Write(Utf8JsonWriter writer, AgentInputs inputs)
    {
        if ((inputs & (AgentInputs.Elicitation | AgentInputs.ElicitationUrl)) != AgentInputs.None)
        {
            writer.WriteStartObject("elicitation"u8);
            WriteEmpty(writer, "form", inputs.HasFlag(AgentInputs.Elicitation));
            WriteEmpty(writer, "url", inputs.HasFlag(AgentInputs.ElicitationUrl));
            writer.WriteEndObject();
        }

        WriteEmpty(writer, "sampling", inputs.HasFlag(AgentInputs.Sampling));
        WriteEmpty(writer, "roots", inputs.HasFlag(AgentInputs.Roots));
    }

    /// <summary>What an agent's capabilities declare. An `elicitation` that names no mode means the form.</summary>
    public static AgentInputs Read(JsonElement? capabilities)
    {
        if (capabilities is not { ValueKind: JsonValueKind.Object } declared)
            return AgentInputs.None;
        var inputs = AgentInputs.None;
        if (declared.TryGetProperty("elicitation", out var elicitation) && elicitation.ValueKind == JsonValueKind.Object)
        {
            var hasUrl = Has(elicitation, "url");
            inputs |= hasUrl ? AgentInputs.ElicitationUrl : AgentInputs.None;
            inputs |= !hasUrl || Has(elicitation, "form") ? AgentInputs.Elicitation : AgentInputs.None;
        }

        inputs |= Has(declared, "sampling") ? AgentInputs.Sampling : AgentInputs.None;
        return inputs | (Has(declared, "roots") ? AgentInputs.Roots : AgentInputs.None);
    }

    private static bool Has(JsonElement value, string name) => value.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.Object;

    private static void WriteEmpty(Utf8JsonWriter writer, string name, bool isThere)
    {
        if (!isThere)
            return;
        writer.WriteStartObject(name);
        writer.WriteEndObject();
    }
}
