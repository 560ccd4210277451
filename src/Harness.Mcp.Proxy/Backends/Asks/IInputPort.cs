using System.Text.Json;

namespace Harness.Mcp.Proxy.Backends.Asks;

/// <summary>The way to the agent for a backend of the `initialize` era, which asks while its call runs.</summary>
public interface IInputPort
{
    /// <summary>Asks the agent and waits for the answer, which is durable on the chain when this returns. Expected failures are replies, not exceptions.</summary>
    /// <param name="method">`elicitation/create` or `sampling/createMessage`.</param>
    /// <param name="cancellationToken">Cancelled when the call ends, so that nobody waits for the answer any more.</param>
    ValueTask<InputReply> AskAsync(string method, JsonElement? parameters, CancellationToken cancellationToken);
}

/// <summary>What the backend gets for its request.</summary>
public abstract record InputReply
{
    private InputReply() { }

    public sealed record Result(JsonElement Value) : InputReply;

    /// <param name="Code">A JSON-RPC error code.</param>
    /// <param name="Message">The proxy's own words: nothing of the agent's stands in it.</param>
    public sealed record Error(int Code, string Message) : InputReply;
}

/// <summary>A call that is sent once more, with what its backend asked for.</summary>
/// <param name="Responses">A JSON object of the answers by the keys of the requests; null where nothing was asked.</param>
/// <param name="State">The backend's own `requestState`, verbatim; null for none.</param>
public sealed record CallRetry(JsonElement? Responses, string? State);
