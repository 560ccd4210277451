using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Asks;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>
/// The answers to what a backend of the `initialize` era asks outside of any call: `ping` is answered, `roots/list` with none where roots were declared, and
/// everything else refused.
/// </summary>
internal static class BackendRequests
{
    public const string Elicit = "elicitation/create";
    public const string Sample = "sampling/createMessage";
    public const string ListRoots = "roots/list";

    public const int MethodNotFound = -32601;

    private static readonly InputReply Empty = new InputReply.Result(JsonElement.Parse("{}"));
    private static readonly InputReply NoRoots = new InputReply.Result(JsonElement.Parse("""{"roots":[]}"""));
    private static readonly InputReply Refused = new InputReply.Error(MethodNotFound, "This client offers no such method.");

    /// <summary>Whether a request is one that the agent of the call in flight may be asked.</summary>
    public static bool IsForAgent(string method) => method is Elicit or Sample;

    public static ReadOnlyMemory<byte> AnswerTo(RpcMessage.Request request, AgentInputs declared) => RpcWriter.Answer(request.Id, request.Method switch
    {
        "ping" => Empty,
        // A session has one set of roots, and no call that asks for it: the agents' folders are not the backend's to know.
        ListRoots when declared.HasFlag(AgentInputs.Roots) => NoRoots,
        _ => Refused,
    });
}
