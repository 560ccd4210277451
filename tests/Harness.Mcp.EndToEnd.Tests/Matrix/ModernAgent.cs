using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.EndToEnd.Tests.Agents;

namespace Harness.Mcp.EndToEnd.Tests.Matrix;

/// <summary>An agent of 2026-07-28: it answers by calling again, and cancels by letting go.</summary>
internal sealed class ModernAgent(Uri endpoint) : IMatrixAgent
{
    private const int RoundsMax = 5;

    private readonly HttpAgent _agent = new(endpoint) { Capabilities = MatrixAnswers.Declared };

    public Task<string[]> ListAsync(CancellationToken cancellationToken) => _agent.ListAsync(cancellationToken);

    public async Task<AgentAnswer> CallAsync(string tool, object arguments, JsonObject? meta, CancellationToken cancellationToken)
    {
        var answer = await _agent.CallAsync(tool, cancellationToken, arguments, meta?.DeepClone().AsObject());
        for (var round = 0; round < RoundsMax && answer.Message.TryGetProperty("result", out var asked) && asked.GetProperty("resultType").GetString() == "input_required"; round++)
        {
            var again = new JsonObject
            {
                ["name"] = tool,
                ["arguments"] = JsonSerializer.SerializeToNode(arguments),
                ["inputResponses"] = MatrixAnswers.ToAll(asked.GetProperty("inputRequests")),
                ["requestState"] = asked.GetProperty("requestState").GetString(),
            };
            answer = await _agent.SendAsync("tools/call", again, cancellationToken);
        }

        return answer;
    }

    public async Task CancelAsync(string tool, Func<Task> arrived, CancellationToken cancellationToken)
    {
        using var impatience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var call = _agent.CallAsync(tool, impatience.Token);
        await arrived();
        await impatience.CancelAsync();
        await call.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public async Task<NoticeStream> SubscribeAsync(string uri, CancellationToken cancellationToken)
    {
        var stream = await _agent.ListenAsync(new() { ["resourceSubscriptions"] = new JsonArray(uri) }, cancellationToken);
        await stream.NextAsync(cancellationToken); // The acknowledgement.
        return stream;
    }

    public void Dispose() => _agent.Dispose();
}
