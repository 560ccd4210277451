using System.Collections.Immutable;
using System.ComponentModel;
using System.Text;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Guard;
using Harness.Mcp.Proxy.Backends.Large;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>Newline-delimited JSON over the standard streams of a guarded process. It ends with the process, or when the backend misbehaves past a bound.</summary>
internal sealed class StdioWire : IWire
{
    private const int JunkBytesShown = 120;

    private static readonly TimeSpan LastWordsLimit = TimeSpan.FromMilliseconds(250);

    private readonly GuardedProcess _process;
    private readonly Dispatch _dispatch;
    private readonly ErrorTail _errors = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _messageBytesMax;
    private readonly LargeResults? _large;
    private readonly Task _reading;
    private readonly Task _draining;
    private int _disposed;

    private StdioWire(GuardedProcess process, int messageBytesMax, IWireReceiver receiver, LargeResults? large)
    {
        _process = process;
        _messageBytesMax = messageBytesMax;
        _large = large;
        _dispatch = new Dispatch(receiver);
        _draining = Task.Run(() => _errors.DrainAsync(process.Errors, _stop.Token));
        _reading = Task.Run(ReadAllAsync);
    }

    public Task<string> Ended => _ended.Task;

    /// <summary>The first line on the standard output that was no message, escaped and cut; null for none.</summary>
    public string? FirstJunk { get; private set; }

    /// <summary>The last 4 KiB of what the backend wrote to its error stream, as it came.</summary>
    public string LastSaid => _errors.Last();

    /// <exception cref="WireException">The process could not be started.</exception>
    public static async Task<StdioWire> OpenAsync(
        BackendConnection.Stdio connection, GuardProgram guard, int messageBytesMax, IWireReceiver receiver, CancellationToken cancellationToken, LargeResults? large = null)
    {
        var spec = new GuardSpec(
            connection.Command,
            connection.Arguments,
            connection.Environment.ToImmutableDictionary(pair => pair.Key, pair => pair.Value.Value, StringComparer.Ordinal),
            connection.WorkingDirectory);
        try
        {
            return new StdioWire(await GuardedProcess.StartAsync(guard, spec, cancellationToken), messageBytesMax, receiver, large);
        }
        catch (Exception failure) when (failure is Win32Exception or IOException)
        {
            throw new WireException("The backend's process could not be started.", failure);
        }
    }

    public void Settle(EraSettled era)
    {
    }

    public void Declared(AgentInputs inputs) => _dispatch.Declared = inputs;

    public Task ListenAsync() => Task.CompletedTask;

    public async Task SendAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        _dispatch.Add(exchange);
        if (_ended.Task.IsCompleted)
        {
            _dispatch.Abandon(exchange);
            exchange.Fail(await _ended.Task);
            return;
        }

        await WriteAsync(exchange.Body, () => exchange.HasLeft = true, exchange, cancellationToken);
    }

    public Task NotifyAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) =>
        WriteAsync(message, () => { }, null, cancellationToken);

    public async ValueTask AbandonAsync(Exchange exchange, string why)
    {
        _dispatch.Abandon(exchange);
        if (!exchange.HasLeft || _ended.Task.IsCompleted)
            return;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await NotifyAsync(RpcWriter.Cancelled(exchange.Id, why), limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        End("The channel was closed.");
        await _process.DisposeAsync();
        await _stop.CancelAsync();
        await _reading;
        await _draining;
        _stop.Dispose();
        _writing.Dispose();
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> message, Action leaving, Exchange? exchange, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        try
        {
            await _writing.WaitAsync(either.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
        {
            exchange?.Fail("The call was cancelled before it left.");
            return;
        }

        try
        {
            leaving();
            var line = new byte[message.Length + 1];
            message.CopyTo(line);
            line[^1] = (byte)'\n';
            await _process.Input.WriteAsync(line, either.Token);
            await _process.Input.FlushAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Half a line may stand in the pipe: nothing can follow it.
            End("The backend did not take its input in time.");
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            End("The backend closed its input.");
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAllAsync()
    {
        var lines = new LineReader(_process.Output, _messageBytesMax, _large);
        try
        {
            while (await NextAsync(lines))
            {
                if (_dispatch.IsOverrun)
                {
                    End(Dispatch.Overrun);
                    break;
                }
            }

            // Its last words may arrive a moment after the end of its output.
            await Task.WhenAny(_draining, Task.Delay(LastWordsLimit));
            End($"The backend's process ended.{_errors.Quote()}");
        }
        catch (LineTooLongException)
        {
            End($"The backend sent a line of more than {_messageBytesMax} bytes.", isUnreadable: true);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or ObjectDisposedException)
        {
            End("The backend's output broke off.");
        }
    }

    /// <returns>False at the end of the output.</returns>
    private async ValueTask<bool> NextAsync(LineReader lines)
    {
        try
        {
            if (await lines.ReadAsync(_stop.Token) is not { } line)
                return false;
            await TakeAsync(line);
        }
        catch (LineSpooledException large)
        {
            await _dispatch.DeliverAsync(large.Spool, null, _stop.Token);
        }

        return true;
    }

    private async ValueTask TakeAsync(byte[] line)
    {
        if (line.AsSpan().IndexOfAnyExcept(" \t"u8) < 0)
            return;
        if (!RpcMessage.TryRead(line, out var message))
            TakeJunk(line);
        else if (message is not RpcMessage.Request request)
            await _dispatch.DeliverAsync(message, null, _stop.Token);
        else if (await _dispatch.TakeAsync(request, null, _stop.Token) is { } answer)
            await WriteAsync(answer, () => { }, null, _stop.Token);
    }

    private void TakeJunk(byte[] line)
    {
        _dispatch.Stray();
        if (FirstJunk is not null)
            return;
        var text = VisibleText.Escape(Encoding.UTF8.GetString(line.AsSpan(0, Math.Min(line.Length, JunkBytesShown))).Trim());
        FirstJunk = line.Length > JunkBytesShown ? text + "…" : text;
    }

    private void End(string why, bool isUnreadable = false)
    {
        if (_ended.TrySetResult(why))
            _dispatch.FailAll(why, isUnreadable);
    }

    /// <summary>The last of what the backend wrote to its error stream, for the log and the operator. It is always drained.</summary>
    private sealed class ErrorTail
    {
        private const int TailBytes = 4096;
        private const int QuoteLengthMax = 400;

        private readonly byte[] _tail = new byte[TailBytes];
        private readonly Lock _access = new();
        private long _written;

        public async Task DrainAsync(Stream errors, CancellationToken cancellationToken)
        {
            var buffer = new byte[4096];
            try
            {
                for (var count = await errors.ReadAsync(buffer, cancellationToken); count > 0; count = await errors.ReadAsync(buffer, cancellationToken))
                    Keep(buffer.AsSpan(0, count));
            }
            catch (Exception failure) when (failure is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The process is gone; what it wrote before is kept.
            }
        }

        public string Quote()
        {
            var last = VisibleText.Escape(Last().Trim());
            return last.Length == 0 ? "" : $" It last said: {(last.Length > QuoteLengthMax ? "…" + last[^QuoteLengthMax..] : last)}";
        }

        public string Last()
        {
            lock (_access)
            {
                var length = (int)Math.Min(_written, TailBytes);
                var start = (int)((_written - length) % TailBytes);
                var bytes = new byte[length];
                for (var index = 0; index < length; index++)
                    bytes[index] = _tail[(start + index) % TailBytes];
                return Encoding.UTF8.GetString(bytes);
            }
        }

        private void Keep(ReadOnlySpan<byte> bytes)
        {
            lock (_access)
                foreach (var one in bytes)
                    _tail[_written++ % TailBytes] = one;
        }
    }
}
