using System.Buffers;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Large;

/// <summary>
/// A message of a backend that is too large for memory, on its way into a file that its owner alone can read. It is gone when it is disposed, unless
/// somebody kept it.
/// </summary>
internal sealed class Spool : IDisposable
{
    private readonly LargeResults _results;
    private readonly FileStream _file;
    private readonly long _bytesMax;
    private bool _isKept;

    internal Spool(LargeResults results, FileStream file, long bytesMax) => (_results, _file, _bytesMax) = (results, file, bytesMax);

    public long Length => _file.Length;

    /// <exception cref="LineTooLongException">The message is larger than any that is kept, or there is no room for it.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_file.Length + bytes.Length > _bytesMax || !_results.TryReserve(bytes.Length))
            throw new LineTooLongException(_bytesMax);
        try
        {
            await _file.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException)
        {
            _results.Release(bytes.Length);
            throw new LineTooLongException(_bytesMax);
        }
    }

    /// <summary>Finds the answer in the message.</summary>
    /// <returns>Null where it is no JSON-RPC answer.</returns>
    public async Task<SpooledAnswer?> ReadAsync(CancellationToken cancellationToken)
    {
        _file.Position = 0;
        var scan = new AnswerScan();
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            for (var count = await _file.ReadAsync(buffer, cancellationToken); count > 0; count = await _file.ReadAsync(buffer, cancellationToken))
                if (!scan.Take(buffer.AsSpan(0, count)))
                    return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return scan.End();
    }

    /// <summary>Moves the file to where it stays.</summary>
    /// <exception cref="IOException">It cannot be moved.</exception>
    public void Keep(string path)
    {
        _file.Flush(flushToDisk: true);
        File.Move(_file.Name, path, overwrite: true);
        _isKept = true;
    }

    public void Dispose()
    {
        var length = _file.CanWrite ? _file.Length : 0;
        _file.Dispose();
        if (_isKept)
            return;
        _results.Release(length);
        LargeResults.TryDelete(_file.Name);
    }
}

/// <summary>A whole line of a backend's was written to a file, since it is too large for memory. The next line can be read.</summary>
internal sealed class LineSpooledException(Spool spool) : IOException("A line went to a file.")
{
    public Spool Spool => spool;
}

/// <summary>The answer in a spooled message.</summary>
/// <param name="Id">The request's.</param>
/// <param name="Start">Where the result begins in the file, in bytes.</param>
/// <param name="Length">Of the result, in bytes.</param>
/// <param name="IsError">The result says `isError: true`.</param>
internal sealed record SpooledAnswer(long Id, long Start, long Length, bool IsError);
