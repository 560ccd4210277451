using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.EndToEnd.Tests.Agents;

namespace Harness.Mcp.EndToEnd.Tests.Matrix;

/// <summary>An agent of one revision, as the matrix drives it: what servers ask of it, it answers.</summary>
internal interface IMatrixAgent : IDisposable
{
    Task<string[]> ListAsync(CancellationToken cancellationToken);

    Task<AgentAnswer> CallAsync(string tool, object arguments, JsonObject? meta, CancellationToken cancellationToken);

    /// <summary>Calls, and cancels as the revision has it once <paramref name="arrived"/> completes; returns when the agent's side of the call is over.</summary>
    Task CancelAsync(string tool, Func<Task> arrived, CancellationToken cancellationToken);

    /// <summary>Subscribes to a resource; the stream tells of its changes.</summary>
    Task<NoticeStream> SubscribeAsync(string uri, CancellationToken cancellationToken);
}

/// <summary>What every agent of the matrix answers.</summary>
internal static class MatrixAnswers
{
    public static JsonObject Declared => new() { ["elicitation"] = new JsonObject { ["form"] = new JsonObject() }, ["sampling"] = new JsonObject() };

    public static JsonObject To(string method) => method == "elicitation/create"
        ? new() { ["action"] = "accept", ["content"] = new JsonObject { ["username"] = "ada", ["email"] = "ada@corp.example" } }
        : new() { ["role"] = "assistant", ["model"] = "matrix", ["content"] = new JsonObject { ["type"] = "text", ["text"] = "from the agent's model" } };

    /// <summary>The answers to `inputRequests`, by their keys.</summary>
    public static JsonObject ToAll(JsonElement requests)
    {
        var answers = new JsonObject();
        foreach (var request in requests.EnumerateObject())
            answers[request.Name] = To(request.Value.GetProperty("method").GetString()!);
        return answers;
    }
}
