using System.Text.Json.Nodes;
using Harness.Mcp.EndToEnd.Tests.Agents;

namespace Harness.Mcp.EndToEnd.Tests.Matrix;

/// <summary>An agent of a revision with `initialize`: it answers requests of the server's in its session, and cancels by a notice.</summary>
internal sealed class InitializeAgent : IMatrixAgent
{
    private readonly SessionAgent _agent;
    private int _lastId = 1;

    private InitializeAgent(SessionAgent agent) => _agent = agent;

    public static async Task<InitializeAgent> OpenAsync(Uri endpoint, string revision, CancellationToken cancellationToken)
    {
        var agent = await SessionAgent.OpenAsync(endpoint, cancellationToken, MatrixAnswers.Declared, revision);
        agent.Answer = request => MatrixAnswers.To(request.GetProperty("method").GetString()!);
        return new InitializeAgent(agent);
    }

    public Task<string[]> ListAsync(CancellationToken cancellationToken) => _agent.ListAsync(++_lastId, cancellationToken);

    public Task<AgentAnswer> CallAsync(string tool, object arguments, JsonObject? meta, CancellationToken cancellationToken) =>
        _agent.CallAsync(tool, ++_lastId, cancellationToken, arguments, meta?.DeepClone().AsObject());

    public async Task CancelAsync(string tool, Func<Task> arrived, CancellationToken cancellationToken)
    {
        var id = ++_lastId;
        var call = _agent.CallAsync(tool, id, cancellationToken);
        await arrived();
        await _agent.NotifyAsync("notifications/cancelled", new JsonObject { ["requestId"] = id }, cancellationToken);
        await call.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public async Task<NoticeStream> SubscribeAsync(string uri, CancellationToken cancellationToken)
    {
        var stream = await _agent.ListenAsync(cancellationToken);
        var answer = await _agent.SendAsync("resources/subscribe", new() { ["uri"] = uri }, ++_lastId, cancellationToken);
        return answer.Message.TryGetProperty("result", out _) ? stream : throw new InvalidOperationException($"{answer.Message}");
    }

    public void Dispose() => _agent.Dispose();
}
