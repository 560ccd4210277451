using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>
/// What a backend asks of the agent, as the agent is shown it: written anew from the parts that are known, under the backend's verified name, and
/// without anything that a person should not be asked in a form.
/// </summary>
/// <param name="Asked">A JSON object: `method` and `params` of each request under its key.</param>
internal sealed record Question(AgentInputs Kinds, JsonElement Asked)
{
    /// <summary>Requests in one question.</summary>
    private const int RequestsMax = 16;

    private const int KeyCharsMax = 128;

    /// <summary>Bytes of a question: what a link keeps of anything that reached an agent.</summary>
    private const int BytesMax = ResultFacts.RecordedBytesMax;

    /// <param name="requests">A JSON object of requests by keys, as the backend wrote it.</param>
    /// <param name="allowed">What may be asked during this call: granted, and declared by its agent.</param>
    /// <returns>The question; without it, why it is not asked.</returns>
    public static (Question? Question, Denial? Refusal) Read(BackendId backend, AskTerms terms, AgentInputs allowed, JsonElement requests)
    {
        var kinds = AgentInputs.None;
        var count = 0;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, PooledJson.Options))
        {
            json.WriteStartObject();
            foreach (var member in requests.EnumerateObject())
            {
                if (++count > RequestsMax || member.Name.Length is 0 or > KeyCharsMax || member.Name is "__proto__" || !VisibleText.IsCleanProse(member.Name))
                    return Refused(backend, "too much at once, or under keys that cannot be used");
                if (member.Value.ValueKind != JsonValueKind.Object || Text(member.Value, "method") is not { } method)
                    return Refused(backend, "something that is no request");

                var parameters = member.Value.TryGetProperty("params", out var given) ? given : default;
                if (parameters.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined))
                    return Refused(backend, "something that is no request");
                var kind = KindOf(method, parameters);
                if (kind == AgentInputs.None)
                    return Refused(backend, "something that no agent can be asked");
                if (!allowed.HasFlag(kind))
                    return Refused(backend, $"for `{AgentInputNames.Write(kind)[0]}`, which is not granted to this call or not offered by you,");

                json.WriteStartObject(member.Name);
                json.WriteString("method"u8, method);
                json.WriteStartObject("params"u8);
                var fault = kind switch
                {
                    AgentInputs.Elicitation => ElicitationForm.Write(json, backend, parameters),
                    AgentInputs.ElicitationUrl => ElicitationPage.Write(json, backend, terms, parameters),
                    AgentInputs.Sampling => SamplingRequest.Write(json, parameters),
                    _ => null,
                };
                if (fault is not null)
                    return Refused(backend, fault);
                json.WriteEndObject();
                json.WriteEndObject();
                kinds |= kind;
            }

            json.WriteEndObject();
        }

        if (count == 0)
            return Refused(backend, "nothing, and waits for it");
        return buffer.Length > BytesMax ? Refused(backend, "more than can be recorded") : (new Question(kinds, JsonElement.Parse(buffer.ToArray())), null);
    }

    /// <summary>What is left of a question that was answered in part; null for nothing.</summary>
    /// <param name="asked">See <see cref="Asked"/>.</param>
    public static Question? Remaining(JsonElement asked, IReadOnlyCollection<string> answered)
    {
        var left = asked.EnumerateObject().Where(request => !answered.Contains(request.Name, StringComparer.Ordinal)).ToDictionary(request => request.Name, request => request.Value, StringComparer.Ordinal);
        if (left.Count == 0)
            return null;
        var kinds = left.Values.Aggregate(AgentInputs.None, static (all, request) => all | KindOf(request.GetProperty("method").GetString()!, request.GetProperty("params")));
        return new Question(kinds, JsonSerializer.SerializeToElement(left));
    }

    /// <summary>A member that is a text; null where it is absent or of another type.</summary>
    public static string? Text(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.String ? found.GetString() : null;

    /// <summary>What a person reads first: who asks, as the proxy knows it, and then the backend's own words, with what is invisible in them spelled out.</summary>
    public static void WriteMessage(Utf8JsonWriter json, BackendId backend, string message) =>
        json.WriteString("message"u8, $"[{backend}] {string.Join('\n', message.ReplaceLineEndings("\n").Split('\n').Select(VisibleText.Escape))}");

    private static AgentInputs KindOf(string method, JsonElement parameters) => method switch
    {
        BackendRequests.Elicit => (Text(parameters, "mode") ?? "form") switch
        {
            "form" => AgentInputs.Elicitation,
            "url" => AgentInputs.ElicitationUrl,
            _ => AgentInputs.None,
        },
        BackendRequests.Sample => AgentInputs.Sampling,
        BackendRequests.ListRoots => AgentInputs.Roots,
        _ => AgentInputs.None,
    };

    private static (Question?, Denial?) Refused(BackendId backend, string what) => (null, new Denial(
        ReasonCode.AskRefused,
        $"While it ran, `{backend}` asked {what}; that was not passed on, and the call was given up. It may have taken effect: find out with a read before you repeat it."));
}
