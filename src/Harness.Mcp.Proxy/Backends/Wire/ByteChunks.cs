namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>Bytes that grow piece by piece, without ever being copied to a larger place: what is held is what was written.</summary>
internal sealed class ByteChunks
{
    private const int FirstBytes = 4 * 1024;
    private const int ChunkBytes = 256 * 1024;

    private readonly List<byte[]> _full = [];
    private byte[] _last = [];
    private int _lastCount;

    public int Length { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_lastCount == _last.Length)
                Next();
            var taken = Math.Min(bytes.Length, _last.Length - _lastCount);
            bytes[..taken].CopyTo(_last.AsSpan(_lastCount));
            _lastCount += taken;
            Length += taken;
            bytes = bytes[taken..];
        }
    }

    public void CopyTo(Span<byte> target)
    {
        foreach (var chunk in _full)
        {
            chunk.CopyTo(target);
            target = target[chunk.Length..];
        }

        _last.AsSpan(0, _lastCount).CopyTo(target);
    }

    /// <summary>The bytes in order.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> All()
    {
        foreach (var chunk in _full)
            yield return chunk;
        yield return _last.AsMemory(0, _lastCount);
    }

    /// <summary>Forgets all; a small place is kept for what comes next.</summary>
    public void Clear()
    {
        _full.Clear();
        if (_last.Length > FirstBytes)
            _last = [];
        (_lastCount, Length) = (0, 0);
    }

    private void Next()
    {
        if (_last.Length > 0)
            _full.Add(_last);
        _last = new byte[_full.Count == 0 ? FirstBytes : ChunkBytes];
        _lastCount = 0;
    }
}
