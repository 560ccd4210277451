using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// A denial as the agent gets it: a `tools/call` result with `isError: true`, so that the model reads it and nothing in the
/// client mistakes it for a broken connection.
/// </summary>
/// <remarks>
/// `content` is one text for the model: the denial's sentence, then the reason code in brackets. `structuredContent` is for
/// programs; its names are a promise: `denied` (always true), `reason`, `message`, and where they apply `mission`, `rule`,
/// `argument`, `because` (versions of earlier links, ascending), `remaining`, `retryAfter` (RFC 3339, UTC), `approval` (`request`, by
/// which people know the call that waits, and `expiresAt`) and `allowedNext`.
/// Some clients hold the `structuredContent` of an error against the tool's `outputSchema` and show their own complaint instead of
/// the answer; so for a tool that has one, the same object stands in `_meta` under `harness-mcp/denial` instead.
/// </remarks>
public static class DenialResult
{
    /// <summary>Where the structured form of a denial stands when the tool has an `outputSchema`.</summary>
    public const string MetaKey = "harness-mcp/denial";

    /// <param name="mission">The mission that the call was made under; null where none was selected.</param>
    /// <param name="hasOutputSchema">Whether the agent was shown an `outputSchema` for the tool.</param>
    public static JsonElement Of(Denial denial, MissionId? mission, bool hasOutputSchema = false)
    {
        ArgumentNullException.ThrowIfNull(denial);

        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes, PooledJson.Options))
        {
            json.WriteStartObject();
            json.WriteStartArray("content");
            json.WriteStartObject();
            json.WriteString("type", "text");
            json.WriteString("text", TextOf(denial));
            json.WriteEndObject();
            json.WriteEndArray();
            if (hasOutputSchema)
            {
                json.WriteStartObject("_meta");
                WriteStructured(json, MetaKey, denial, mission);
                json.WriteEndObject();
            }
            else
            {
                WriteStructured(json, "structuredContent", denial, mission);
            }

            json.WriteBoolean("isError", true);
            json.WriteEndObject();
        }

        return JsonElement.Parse(bytes.WrittenSpan);
    }

    /// <summary>What the model reads: the sentence, then the reason code in brackets.</summary>
    public static string TextOf(Denial denial)
    {
        ArgumentNullException.ThrowIfNull(denial);
        return $"{denial.Say.TrimEnd()} [{denial.Reason}]";
    }

    private static void WriteStructured(Utf8JsonWriter json, string key, Denial denial, MissionId? mission)
    {
        json.WriteStartObject(key);
        json.WriteBoolean("denied", true);
        json.WriteString("reason", denial.Reason.Value);
        json.WriteString("message", denial.Say);
        WriteIfPresent(json, "mission", mission?.Value);
        WriteIfPresent(json, "rule", denial.Rule?.Value);
        WriteIfPresent(json, "argument", denial.Argument);

        if (denial.Because is { IsDefaultOrEmpty: false } because)
        {
            json.WriteStartArray("because");
            foreach (var version in because) json.WriteNumberValue(version);
            json.WriteEndArray();
        }

        if (denial.Remaining is { } remaining) json.WriteNumber("remaining", remaining);

        if (denial.RetryAfter is { } retryAfter)
        {
            json.WriteString("retryAfter", Time(retryAfter));
        }

        if (denial.Approval is { } approval)
        {
            json.WriteStartObject("approval");
            json.WriteString("request", mission is { } of ? new ApprovalId(of, approval.Request).ToString() : approval.Request.ToString(CultureInfo.InvariantCulture));
            json.WriteString("expiresAt", Time(approval.ExpiresAt));
            json.WriteEndObject();
        }

        if (denial.AllowedNext is { IsDefaultOrEmpty: false } allowedNext)
        {
            json.WriteStartArray("allowedNext");
            foreach (var tool in allowedNext) json.WriteStringValue(tool);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static void WriteIfPresent(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }
}
