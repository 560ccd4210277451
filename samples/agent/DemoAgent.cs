using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Harness.Mcp.Samples.Agent;

/// <summary>
/// An ordinary agent: a chat model that calls the tools of one MCP endpoint until its task is done. It knows nothing of missions;
/// what it may do is decided at the endpoint.
/// </summary>
internal static class DemoAgent
{
    /// <summary>Turns with the model after which the agent gives up.</summary>
    private const int TurnsMax = 40;

    private const string Instructions = """
        You work for the security and service teams of Corp. Do the task that you are given with the tools you have, one step at a
        time, and say in one short sentence before each call what you do and why. When a call is denied, read the reason, respect it
        and go on without that call. End with a short report.
        """;

    /// <param name="narration">Gets one line for each thing the model says.</param>
    public static async Task RunAsync(AgentArguments given, IChatClient model, TextWriter narration, CancellationToken cancellationToken)
    {
        using var run = AgentTelemetry.Source.StartActivity("invoke_agent demo-agent");
        var transport = new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = given.Endpoint,
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = given.Token is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["Authorization"] = $"Bearer {given.Token}" },
        });
        await using var client = await McpClient.CreateAsync(
            transport,
            new McpClientOptions { ClientInfo = new Implementation { Name = "demo-agent", Version = "0.1.0" } },
            cancellationToken: cancellationToken);
        var tools = await client.ListToolsAsync(cancellationToken: cancellationToken);

        using var chat = new ChatClientBuilder(new NarratedModel(model, narration))
            .UseFunctionInvocation(configure: invocation => invocation.MaximumIterationsPerRequest = TurnsMax)
            .UseOpenTelemetry(sourceName: AgentTelemetry.Name)
            .Build();
        await chat.GetResponseAsync(
            [new ChatMessage(ChatRole.System, Instructions), new ChatMessage(ChatRole.User, given.Task)],
            new ChatOptions { Tools = [.. tools] },
            cancellationToken);
    }
}
