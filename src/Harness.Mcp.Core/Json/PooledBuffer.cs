using System.Buffers;

namespace Harness.Mcp.Core.Json;

/// <summary>
/// Grows as it is written, over arrays of the shared pool. Disposed, it is as new: its bytes are gone, no other owner ever reads them, and it may be
/// written again.
/// </summary>
public sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private const int FirstBytes = 2 * 1024;

    private byte[] _bytes = [];
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - _length);
        _length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsSpan(_length);
    }

    public void Dispose()
    {
        if (_bytes.Length == 0)
            return;

        // Arguments and results have been in here, and whoever rents the array next must not find them.
        _bytes.AsSpan(0, _length).Clear();
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _length) = ([], 0);
    }

    private void MakeRoom(int sizeHint)
    {
        var needed = Math.Max(sizeHint, 1);
        if (_bytes.Length - _length >= needed)
            return;

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_length + needed), (int)Math.Clamp(2L * _bytes.Length, FirstBytes, Array.MaxLength)));
        var length = _length;
        Written.CopyTo(larger);
        Dispose();
        (_bytes, _length) = (larger, length);
    }
}
