using System.Text.Json;
using Harness.Mcp.ConformanceClient;

// The backend side of the proxy as the client that the MCP conformance suite looks at: `Harness.Mcp.ConformanceClient URL`. The suite says in the
// environment which scenario and revision it plays, and what the client knows beforehand.
var scenario = Environment.GetEnvironmentVariable("MCP_CONFORMANCE_SCENARIO") ?? "";
var revision = Environment.GetEnvironmentVariable("MCP_CONFORMANCE_PROTOCOL_VERSION") ?? "";
var context = JsonElement.Parse(Environment.GetEnvironmentVariable("MCP_CONFORMANCE_CONTEXT") is { Length: > 0 } given ? given : "{}");
using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(25));
return await new ClientUnderTest(new Uri(args[^1]), scenario, revision, context).RunAsync(limit.Token) ? 0 : 1;
