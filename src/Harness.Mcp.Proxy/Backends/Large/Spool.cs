using System.Buffers;
using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Large;

/// <summary>
/// A message of a backend that is too large for memory, on its way into a file that its owner alone can read. It is gone when it is disposed, unless
/// somebody kept it.
/// </summary>
internal sealed class Spool : IDisposable
{
    /// <summary>More than everything that the protocol lets a task say of itself.</summary>
    private const int AroundBytesMax = 64 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

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

    /// <summary>What the result says besides the result inside of it, which stands as an empty object there.</summary>
    /// <returns>Null where there is none inside, where the rest is too large as well, or where it is no strict JSON.</returns>
    public JsonElement? Around(SpooledAnswer answer)
    {
        if (answer.Inner is not { } inner || answer.Length - inner.Length > AroundBytesMax)
            return null;

        var before = (int)(inner.Start - answer.Start);
        var bytes = new byte[answer.Length - inner.Length + 2];
        _file.Position = answer.Start;
        _file.ReadExactly(bytes.AsSpan(0, before));
        "{}"u8.CopyTo(bytes.AsSpan(before));
        _file.Position = inner.Start + inner.Length;
        _file.ReadExactly(bytes.AsSpan(before + 2));
        try
        {
            return JsonElement.Parse(bytes, Strict);
        }
        catch (JsonException)
        {
            return null;
        }
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
internal sealed record SpooledAnswer(long Id, long Start, long Length, bool IsError)
{
    /// <summary>The member `result` of the result, as the answer about a task has it; null for none that is a complete one.</summary>
    public SpooledAnswer? Inner { get; init; }
}
