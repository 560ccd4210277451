using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>
/// Brings what a backend asks during one call to the agent, one request after the other, and the answers back. While a person thinks, the call's time
/// stands still: how long the agent may take is for the asking to say.
/// </summary>
internal sealed class AskRelay(IWire wire, IInputPort port, Patience patience) : IAsyncDisposable
{
    private const int InternalError = -32603;

    /// <summary>Requests that one call may have waiting and behind it; each further one is refused at once.</summary>
    private const int RequestsMax = 32;

    private readonly CancellationTokenSource _ended = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly List<Task> _all = [];

    /// <summary>Takes a request up. Called by the call's own loop alone.</summary>
    public void Begin(RpcMessage.Request request)
    {
        if (_all.Count >= RequestsMax)
        {
            _ = wire.NotifyAsync(RpcWriter.Answer(request.Id, new InputReply.Error(InternalError, "This call has asked too often.")), CancellationToken.None);
            return;
        }

        patience.Hold();
        _all.Add(RunAsync(request));
    }

    /// <summary>The call has ended: what is still asked is given up.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await Task.WhenAll(_all);
        _ended.Dispose();
        _turn.Dispose();
    }

    private async Task RunAsync(RpcMessage.Request request)
    {
        try
        {
            await _turn.WaitAsync(_ended.Token);
            try
            {
                await wire.NotifyAsync(RpcWriter.Answer(request.Id, await AskAsync(request)), _ended.Token);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // Nobody waits for the answer.
        }
        finally
        {
            patience.GoOn();
        }
    }

    private async Task<InputReply> AskAsync(RpcMessage.Request request)
    {
        try
        {
            return await port.AskAsync(request.Method, request.Parameters, _ended.Token);
        }
        catch (Exception) when (!_ended.IsCancellationRequested)
        {
            // The port promises replies, not exceptions; the backend must not wait for ever.
            return new InputReply.Error(InternalError, "The agent could not be asked.");
        }
    }
}
