using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>One JSON-RPC message from a backend, strictly read: exact keys, none twice, bounded depth.</summary>
internal abstract record RpcMessage
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    private RpcMessage() { }

    /// <summary>An answer to a request of ours. Exactly one of result and error is there.</summary>
    /// <param name="Id">The id that we minted; null where the backend could not read the request.</param>
    public sealed record Response(long? Id, JsonElement? Result, JsonElement? Error) : RpcMessage
    {
        /// <summary>What the result lies in.</summary>
        public required MessageMemory Memory { get; init; }
    }

    /// <summary>A request of the backend's own.</summary>
    public sealed record Request(JsonElement Id, string Method, JsonElement? Parameters) : RpcMessage;

    public sealed record Notice(string Method, JsonElement? Parameters) : RpcMessage;

    /// <param name="utf8">One whole message; the memory is kept as long as the message lives.</param>
    /// <param name="rented">What that memory was rented as; null where it was not.</param>
    public static bool TryRead(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out RpcMessage? message, byte[]? rented = null)
    {
        message = null;
        try
        {
            // The document is not disposed here, since its elements travel on.
            message = Read(JsonDocument.Parse(WholeCharacters.Of(utf8), Strict), rented);
        }
        catch (JsonException)
        {
            return false;
        }

        return message is not null;
    }

    private static RpcMessage? Read(JsonDocument document, byte[]? rented)
    {
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("jsonrpc", out var version)
            || version.ValueKind != JsonValueKind.String || !version.ValueEquals("2.0"u8))
            return null;

        var hasId = root.TryGetProperty("id", out var id);
        if (root.TryGetProperty("method", out var method))
        {
            if (method.ValueKind != JsonValueKind.String || method.GetString() is not { } name)
                return null;
            JsonElement? parameters = root.TryGetProperty("params", out var given) ? given : null;
            return hasId ? new Request(id, name, parameters) : new Notice(name, parameters);
        }

        var hasResult = root.TryGetProperty("result", out var result);
        var hasError = root.TryGetProperty("error", out var error);
        if (hasResult == hasError || (hasError && !IsError(error)))
            return null;
        if (hasId && id.ValueKind is not (JsonValueKind.Null or JsonValueKind.Number))
            return null;
        long? number = hasId && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out var whole) ? whole : null;
        return new Response(number, hasResult ? result : null, hasError ? error : null) { Memory = new MessageMemory(document, rented) };
    }

    private static bool IsError(JsonElement error) =>
        error.ValueKind == JsonValueKind.Object
        && error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt64(out _)
        && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String;
}
