using System.Buffers;
using System.IO.Pipelines;

namespace Harness.Mcp.Proxy.Wire.Front;

/// <summary>Messages as lines: reads them with a bound on their length, and writes each whole, one at a time.</summary>
internal sealed class StdioLines(Stream input, Stream output, int lineBytesMax) : IDisposable
{
    private readonly PipeReader _reader = PipeReader.Create(input);
    private readonly SemaphoreSlim _writing = new(1, 1);

    /// <summary>The next line that is not blank; null at the end of the input.</summary>
    public async ValueTask<Line?> ReadAsync(CancellationToken cancellationToken)
    {
        var isTooLong = false;
        while (true)
        {
            // Reading a console cannot be cancelled; waiting for it can.
            var read = await _reader.ReadAsync(cancellationToken).AsTask().WaitAsync(cancellationToken);
            var buffer = read.Buffer;
            var end = buffer.PositionOf((byte)'\n');
            if (end is { } position)
            {
                var bytes = buffer.Slice(0, position);
                isTooLong |= bytes.Length > lineBytesMax;
                var line = isTooLong ? [] : bytes.ToArray();
                _reader.AdvanceTo(buffer.GetPosition(1, position));
                if (isTooLong) return Line.TooLong;
                if (!IsBlank(line)) return new Line(line, IsTooLong: false);
                continue;
            }

            // What is too long is dropped as it comes; only its end matters.
            isTooLong |= buffer.Length > lineBytesMax;
            if (read.IsCompleted)
            {
                var rest = isTooLong ? [] : buffer.ToArray();
                _reader.AdvanceTo(buffer.End);
                if (isTooLong) return Line.TooLong;
                return IsBlank(rest) ? null : new Line(rest, IsTooLong: false);
            }

            if (isTooLong) _reader.AdvanceTo(buffer.End);
            else _reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        // White space between tokens may hold line breaks; inside a JSON string none can stand.
        var line = new byte[message.Length + 1];
        message.CopyTo(line);
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        line[^1] = (byte)'\n';

        await _writing.WaitAsync(cancellationToken);
        try
        {
            await output.WriteAsync(line, cancellationToken);
            await output.FlushAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose() => _writing.Dispose();

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.IndexOfAnyExcept((byte)' ', (byte)'\t', (byte)'\r') < 0;

    internal sealed record Line(byte[] Bytes, bool IsTooLong)
    {
        public static Line TooLong { get; } = new([], IsTooLong: true);
    }
}
