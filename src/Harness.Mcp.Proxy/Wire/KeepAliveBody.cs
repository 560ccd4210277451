using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// Writes a comment to an event stream that has been quiet for long, so that nothing on the way takes it for dead. A comment
/// stands between two events only: after a flush, before the next write.
/// </summary>
internal sealed class KeepAliveBody : Stream
{
    private static readonly byte[] Comment = ": waiting\n\n"u8.ToArray();

    private readonly HttpContext _http;
    private readonly IHttpResponseBodyFeature _original;
    private readonly Stream _inner;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private readonly ITimer _timer;
    private bool _isInsideEvent;
    private bool _isActive;
    private bool _isEnded;

    public KeepAliveBody(HttpContext http, TimeSpan interval, TimeProvider time)
    {
        _http = http;
        _original = http.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        _inner = _original.Stream;
        _timer = time.CreateTimer(_ => _ = BeatAsync(), state: null, interval, interval);
        http.Response.Body = this;
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            _isInsideEvent = true;
            _isActive = true;
            await _inner.WriteAsync(buffer, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await _inner.FlushAsync(cancellationToken);
            _isInsideEvent = false;
        }
        finally
        {
            _writing.Release();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _ended.CancelAsync();
        await _writing.WaitAsync();
        _isEnded = true;
        _writing.Release();
        _http.Features.Set(_original);
        _ended.Dispose();
        await base.DisposeAsync();
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async Task BeatAsync()
    {
        // A writer at work is no quiet stream.
        if (!await _writing.WaitAsync(TimeSpan.Zero)) return;
        try
        {
            var isQuiet = !_isEnded && !_isInsideEvent && !_isActive;
            _isActive = false;
            if (!isQuiet || _http.Response.ContentType is not { } type || !type.StartsWith("text/event-stream", StringComparison.Ordinal)) return;

            await _inner.WriteAsync(Comment, _ended.Token);
            await _inner.FlushAsync(_ended.Token);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The response ended meanwhile; whoever writes next learns it.
        }
        finally
        {
            _writing.Release();
        }
    }
}
