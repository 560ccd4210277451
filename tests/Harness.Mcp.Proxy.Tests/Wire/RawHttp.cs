using System.Net.Sockets;
using System.Text;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>Bytes over one connection, as no HTTP client would send them, and all that comes back.</summary>
internal sealed class RawHttp(Uri url) : IDisposable
{
    private readonly TcpClient _tcp = new(url.Host, url.Port) { NoDelay = true };

    /// <summary>Sends bytes and reads until the other side closes, or says nothing more for the time given.</summary>
    /// <returns>What came, and whether the connection was closed.</returns>
    public async Task<(string Answer, bool IsClosed)> SendAsync(string bytes, TimeSpan patience, CancellationToken cancellationToken)
    {
        var stream = _tcp.GetStream();
        var answer = new StringBuilder();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes), cancellationToken);
            var buffer = new byte[16 * 1024];
            while (true)
            {
                using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                quiet.CancelAfter(patience);
                var count = await stream.ReadAsync(buffer, quiet.Token);
                if (count == 0)
                    return (answer.ToString(), true);
                answer.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (answer.ToString(), false);
        }
        catch (IOException)
        {
            return (answer.ToString(), true);
        }
    }

    public void Dispose() => _tcp.Dispose();
}
