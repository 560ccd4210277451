using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Enforcement.Asking;

namespace Harness.Mcp.Proxy.Tests.Enforcement.Asking;

/// <summary>An agent of 2026-07-28: it takes no requests, but is asked by results.</summary>
internal sealed class ModernAgent(AgentInputs declared) : IAgentInputs
{
    /// <summary>A question to its user that takes one text.</summary>
    public const string Form = """{ "method": "elicitation/create", "params": { "message": "Sure?", "requestedSchema": { "type": "object", "properties": { "text": { "type": "string" } } } } }""";

    public AgentInputs Declared => declared;

    public bool TakesRequests => false;

    public Task<AgentReply> RequestAsync(string method, JsonElement parameters, CancellationToken cancellationToken) => throw new InvalidOperationException();
}
