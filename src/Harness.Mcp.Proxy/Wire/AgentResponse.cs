using System.Text.Json;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>A JSON-RPC response from an agent of the `initialize` era, strictly read: the answer to a request of ours, or nothing.</summary>
/// <param name="Result">Null where the agent answered with an error.</param>
internal sealed record AgentResponse(JsonElement Id, JsonElement? Result)
{
    /// <summary>Why its numbers or shape cannot be passed on; null where they can.</summary>
    public string? Fault { get; init; }

    /// <summary>Whether a message is meant as a response: it has a `result` or an `error`, and no `method`.</summary>
    public static bool IsMeant(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object
        && !root.TryGetProperty("method", out _)
        && (root.TryGetProperty("result", out _) || root.TryGetProperty("error", out _));

    /// <summary>Keys are exact: a spelling that another parser could take for a known key is refused.</summary>
    public static AgentResponse? Read(JsonElement root, out WireError? error)
    {
        error = CheckEnvelope(root);
        if (error is not null) return null;
        return new AgentResponse(root.GetProperty("id"), root.TryGetProperty("result", out var result) ? result : null);
    }

    /// <summary>The response as the hosting library may see it: that there is one. What it says never reaches that parser.</summary>
    public byte[] ToEnvelope() => JsonSerializer.SerializeToUtf8Bytes(new { jsonrpc = "2.0", id = Id, result = new { } });

    private static WireError? CheckEnvelope(JsonElement root)
    {
        foreach (var member in root.EnumerateObject())
        {
            if (member.Name is not ("jsonrpc" or "id" or "result" or "error"))
                return WireError.Malformed($"The response has an unknown key `{WireError.Quote(member.Name)}`: it may have jsonrpc, id, and result or error, spelled exactly so.");
        }

        if (!root.TryGetProperty("jsonrpc", out var version) || version.ValueKind != JsonValueKind.String || !version.ValueEquals("2.0"))
            return WireError.Malformed("The envelope must say \"jsonrpc\": \"2.0\".");
        if (!root.TryGetProperty("id", out var id) || !AgentMessage.IsId(id))
            return WireError.Malformed("The response must have the id of the request that it answers.");
        var hasResult = root.TryGetProperty("result", out var result);
        if (hasResult == root.TryGetProperty("error", out var fault))
            return WireError.Malformed("The response must have either result or error.");
        return (hasResult ? result : fault).ValueKind == JsonValueKind.Object ? null : WireError.Malformed("result and error are objects.");
    }
}
