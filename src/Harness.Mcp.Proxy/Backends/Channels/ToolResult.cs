using System.Runtime.InteropServices;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.Proxy.Wire;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>Checks the shape of what a call returned, and takes the protocol's own fields out.</summary>
internal static class ToolResult
{
    /// <param name="isCopy">Whether the reply holds nothing of <paramref name="result"/>.</param>
    /// <param name="takesTask">Whether the backend was told that it may answer by a task.</param>
    public static BackendReply Read(JsonElement result, CallKind kind, EraSettled era, out bool isCopy, bool takesTask = false)
    {
        isCopy = false;
        if (result.ValueKind != JsonValueKind.Object)
            return Wrong("is not an object");
        if (takesTask && result.TryGetProperty("resultType", out var later) && later.ValueKind == JsonValueKind.String && later.ValueEquals("task"u8))
            return TaskResult.Created(result) is { } report ? new BackendReply.Task(report) : Wrong("is a task that cannot be followed");
        if (era.IsModern && result.TryGetProperty("resultType", out var asked) && asked.ValueKind == JsonValueKind.String && asked.ValueEquals("input_required"u8))
            return InputRequired(result);
        if (result.TryGetProperty("resultType", out var type) && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("complete"u8)))
            return Wrong("is of a type that was not asked for");
        if (result.TryGetProperty("isError", out var isError) && isError.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            return Wrong("has an `isError` that is neither true nor false");
        if (result.TryGetProperty("_meta", out var meta) && meta.ValueKind != JsonValueKind.Object)
            return Wrong("has a `_meta` that is no object");
        if (kind != CallKind.Tool)
            return ReadResult.Fault(result, kind) is { } fault ? Wrong(fault) : new BackendReply.Result(Strip(result, out isCopy));
        if (!result.TryGetProperty("content", out var content))
            return result.TryGetProperty("structuredContent", out _) ? new BackendReply.Result(Strip(result, out isCopy)) : Wrong("has no content");
        if (content.ValueKind != JsonValueKind.Array)
            return Wrong("has a `content` that is no list");
        foreach (var item in content.EnumerateArray())
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("type", out var itemType) || itemType.ValueKind != JsonValueKind.String)
                return Wrong("has content without a type");
        return new BackendReply.Result(Strip(result, out isCopy));
    }

    private static BackendReply InputRequired(JsonElement result)
    {
        var hasRequests = result.TryGetProperty("inputRequests", out var requests);
        var hasState = result.TryGetProperty("requestState", out var state);
        if (!hasRequests && !hasState)
            return Wrong("asks for input, and does not say which");
        if (hasRequests && requests.ValueKind != JsonValueKind.Object)
            return Wrong("has `inputRequests` that are no object");
        if (hasState && state.ValueKind != JsonValueKind.String)
            return Wrong("has a `requestState` that is no text");
        return new BackendReply.InputRequired(hasRequests ? requests : null, hasState ? state.GetString() : null);
    }

    private static BackendReply.Unreadable Wrong(string what) => new($"The backend's result {what}.");

    private static JsonElement Strip(JsonElement result, out bool isCopy)
    {
        isCopy = HasProtocolFields(result);
        if (!isCopy)
            return result;

        using var json = PooledJson.Rent();
        var writer = json.Writer;
        writer.WriteStartObject();
        foreach (var member in result.EnumerateObject())
        {
            if (member.NameEquals("_meta"u8))
                WriteMeta(writer, member.Value);
            else if (!IsProtocolField(member))
                WriteMember(writer, member);
        }

        writer.WriteEndObject();
        return JsonElement.Parse(json.Written);
    }

    private static bool HasProtocolFields(JsonElement result)
    {
        foreach (var member in result.EnumerateObject())
        {
            if (IsProtocolField(member) || (member.NameEquals("_meta"u8) && member.Value.EnumerateObject().Any(entry => IsProtocolMeta(entry.Name))))
                return true;
        }

        return false;
    }

    /// <summary>As the backend spelled it, byte for byte.</summary>
    private static void WriteMember(Utf8JsonWriter writer, JsonProperty member)
    {
        WireJson.WriteName(writer, member);
        writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(member.Value), skipInputValidation: true);
    }

    private static void WriteMeta(Utf8JsonWriter writer, JsonElement meta)
    {
        var kept = meta.EnumerateObject().Where(entry => !IsProtocolMeta(entry.Name)).ToArray();
        if (kept.Length == 0)
            return;
        writer.WriteStartObject("_meta"u8);
        foreach (var entry in kept)
            WriteMember(writer, entry);
        writer.WriteEndObject();
    }

    private static bool IsProtocolField(JsonProperty member) =>
        member.NameEquals("resultType"u8) || member.NameEquals("ttlMs"u8) || member.NameEquals("cacheScope"u8);

    private static bool IsProtocolMeta(string name) => name.StartsWith(RequestMeta.ProtocolPrefix, StringComparison.Ordinal);
}
