using Harness.Mcp.Proxy.Backends.Large;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>A line over its bound. What came before it was read; what follows cannot be.</summary>
internal sealed class LineTooLongException(long bytesMax) : IOException($"A line of more than {bytesMax} bytes.");

/// <summary>Reads lines of bounded length from a stream, holding at most one line and one read in memory. For one reader.</summary>
/// <param name="large">Where lines over the bound go; null where they are refused.</param>
internal sealed class LineReader(Stream stream, int lineBytesMax, LargeResults? large = null)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly ByteChunks _partial = new();
    private int _start;
    private int _end;

    /// <summary>The next line without its end, or null at the end of the stream; a last line without an end is dropped. The memory is the caller's.</summary>
    /// <exception cref="LineTooLongException">The line is longer than the bound, or than what can be kept.</exception>
    /// <exception cref="LineSpooledException">The line is longer than the bound and went to a file.</exception>
    public async ValueTask<byte[]?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var lineEnd = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            var taken = lineEnd < 0 ? _end - _start : lineEnd;
            if (_partial.Length + taken > lineBytesMax)
                throw large is null ? new LineTooLongException(lineBytesMax) : new LineSpooledException(await SpoolAsync(large, cancellationToken));
            if (lineEnd >= 0)
            {
                var line = Take(_buffer.AsSpan(_start, lineEnd));
                _start += lineEnd + 1;
                return line;
            }

            _partial.Write(_buffer.AsSpan(_start, taken));
            _start = 0;
            _end = await stream.ReadAsync(_buffer, cancellationToken);
            if (_end == 0)
                return null;
        }
    }

    /// <summary>Writes what was read of the line, and the rest of it, to a file.</summary>
    private async ValueTask<Spool> SpoolAsync(LargeResults large, CancellationToken cancellationToken)
    {
        var spool = large.Begin();
        try
        {
            foreach (var part in _partial.All())
                await spool.WriteAsync(part, cancellationToken);
            _partial.Clear();
            while (true)
            {
                var fresh = _buffer.AsMemory(_start, _end - _start);
                var lineEnd = fresh.Span.IndexOf((byte)'\n');
                await spool.WriteAsync(lineEnd < 0 ? fresh : fresh[..lineEnd], cancellationToken);
                if (lineEnd >= 0)
                {
                    _start += lineEnd + 1;
                    return spool;
                }

                _start = 0;
                _end = await stream.ReadAsync(_buffer, cancellationToken);
                if (_end == 0)
                    throw new LineTooLongException(lineBytesMax);
            }
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }

    private byte[] Take(ReadOnlySpan<byte> rest)
    {
        var line = new byte[_partial.Length + rest.Length];
        _partial.CopyTo(line);
        rest.CopyTo(line.AsSpan(_partial.Length));
        _partial.Clear();
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }
}
