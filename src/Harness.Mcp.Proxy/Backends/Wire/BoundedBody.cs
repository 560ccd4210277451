using System.Runtime.CompilerServices;
using Harness.Mcp.Proxy.Backends.Large;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>Reads a body to its end, up to a bound.</summary>
internal static class BoundedBody
{
    /// <param name="length">As it was announced; null where it was not.</param>
    /// <param name="large">Where a body over the bound goes; null where it is refused.</param>
    /// <param name="form">Makes an answer of a body that goes to a file; null for one that is an answer itself.</param>
    /// <exception cref="LineTooLongException">There is more than <paramref name="bytesMax"/>, or it is announced.</exception>
    /// <exception cref="LineSpooledException">There is more, and it went to a file.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<byte[]> ReadAsync(Stream body, long? length, int bytesMax, CancellationToken cancellationToken, LargeResults? large = null, ISpoolForm? form = null)
    {
        if (length > bytesMax)
            throw await TooLongAsync(body, new ByteChunks(), bytesMax, large, form, cancellationToken);
        if (length is { } announced)
        {
            var exact = new byte[announced];
            await body.ReadExactlyAsync(exact, cancellationToken);
            return exact;
        }

        var whole = new ByteChunks();
        var buffer = new byte[16 * 1024];
        for (var count = await body.ReadAsync(buffer, cancellationToken); count > 0; count = await body.ReadAsync(buffer, cancellationToken))
        {
            whole.Write(buffer.AsSpan(0, count));
            if (whole.Length > bytesMax)
                throw await TooLongAsync(body, whole, bytesMax, large, form, cancellationToken);
        }

        var all = new byte[whole.Length];
        whole.CopyTo(all);
        return all;
    }

    /// <param name="first">What was read before the rest of <paramref name="body"/>.</param>
    private static async Task<Exception> TooLongAsync(Stream body, ByteChunks first, int bytesMax, LargeResults? large, ISpoolForm? form, CancellationToken cancellationToken)
    {
        if (large is null)
            return new LineTooLongException(bytesMax);
        var spool = large.Begin();
        try
        {
            if (form is not null)
                await spool.WriteAsync(form.Begin(), cancellationToken);
            foreach (var part in first.All())
                await spool.WriteAsync(form?.Take(part.Span) ?? part, cancellationToken);
            first.Clear();
            var buffer = new byte[64 * 1024];
            for (var count = await body.ReadAsync(buffer, cancellationToken); count > 0; count = await body.ReadAsync(buffer, cancellationToken))
                await spool.WriteAsync(form?.Take(buffer.AsSpan(0, count)) ?? buffer.AsMemory(0, count), cancellationToken);
            if (form is not null)
                await spool.WriteAsync(form.End(), cancellationToken);
            return new LineSpooledException(spool);
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }
}
