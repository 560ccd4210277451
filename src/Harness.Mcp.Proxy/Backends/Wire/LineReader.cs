using System.Buffers;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>A line over its bound. What came before it was read; what follows cannot be.</summary>
internal sealed class LineTooLongException(int bytesMax) : IOException($"A line of more than {bytesMax} bytes.");

/// <summary>Reads lines of bounded length from a stream, holding at most one line and one read in memory. For one reader.</summary>
internal sealed class LineReader(Stream stream, int lineBytesMax)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private ArrayBufferWriter<byte> _partial = new(256);
    private int _start;
    private int _end;

    /// <summary>The next line without its end, or null at the end of the stream; a last line without an end is dropped. The memory is the caller's.</summary>
    /// <exception cref="LineTooLongException">The line is longer than the bound.</exception>
    public async ValueTask<byte[]?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var fresh = _buffer.AsSpan(_start, _end - _start);
            var lineEnd = fresh.IndexOf((byte)'\n');
            var taken = lineEnd < 0 ? fresh.Length : lineEnd;
            if (_partial.WrittenCount + taken > lineBytesMax)
                throw new LineTooLongException(lineBytesMax);
            if (lineEnd >= 0)
            {
                _start += lineEnd + 1;
                return Take(fresh[..lineEnd]);
            }

            _partial.Write(fresh);
            _start = 0;
            _end = await stream.ReadAsync(_buffer, cancellationToken);
            if (_end == 0)
                return null;
        }
    }

    private byte[] Take(ReadOnlySpan<byte> rest)
    {
        var line = new byte[_partial.WrittenCount + rest.Length];
        _partial.WrittenSpan.CopyTo(line);
        rest.CopyTo(line.AsSpan(_partial.WrittenCount));
        if (_partial.Capacity > 64 * 1024)
            _partial = new ArrayBufferWriter<byte>(256);
        else
            _partial.ResetWrittenCount();
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }
}
