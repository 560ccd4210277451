using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Asks;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>
/// The other way in which a backend of the `initialize` era sends a user to a page: it refuses the call (-32042) until pages were visited. These pages are held to
/// what holds for a question.
/// </summary>
internal static class PagesFirst
{
    private const int UrlElicitationRequired = -32042;

    public static bool IsMeant(JsonElement error) => error.TryGetProperty("code", out var code) && code.TryGetInt32(out var number) && number == UrlElicitationRequired;

    /// <param name="allowed">What may be asked during this call: granted, and declared by its agent.</param>
    /// <returns>The error with its pages as the agent is shown them; without it, why it is not shown.</returns>
    public static (JsonElement? Error, Denial? Refusal) Read(BackendId backend, AskTerms terms, AgentInputs allowed, JsonElement error)
    {
        if (!allowed.HasFlag(AgentInputs.ElicitationUrl)
            || !error.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object
            || !data.TryGetProperty("elicitations", out var pages) || pages.ValueKind != JsonValueKind.Array)
            return (null, Refused(backend));

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, PooledJson.Options))
        {
            json.WriteStartObject();
            json.WriteNumber("code"u8, UrlElicitationRequired);
            json.WriteString("message"u8, "This request needs its user to open a page first.");
            json.WriteStartObject("data"u8);
            json.WriteStartArray("elicitations"u8);
            foreach (var page in pages.EnumerateArray())
            {
                json.WriteStartObject();
                if (Question.Text(page, "mode") is not "url" || ElicitationPage.Write(json, backend, terms, page) is not null)
                    return (null, Refused(backend));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return (JsonElement.Parse(buffer.ToArray()), null);
    }

    private static Denial Refused(BackendId backend) => new(
        ReasonCode.AskRefused,
        $"`{backend}` wants its user to open a page before it does this, which is not granted to this call, not offered by you, or not on a host that its owner lists. The call did not happen.");
}
