using System.Buffers;
using System.Text.Json;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>
/// What a message from a backend lies in. Whoever has made another value of all that is still wanted of it gives it back; else nobody does, and it
/// is left to the collector.
/// </summary>
/// <param name="rented">The memory of the document, where that is rented.</param>
internal sealed class MessageMemory(JsonDocument document, byte[]? rented)
{
    private byte[]? _rented = rented;

    public void GiveBack()
    {
        // INVARIANT: elements of a disposed document cannot be read, so nobody sees what is written here next.
        document.Dispose();
        if (Interlocked.Exchange(ref _rented, null) is { } memory)
            ArrayPool<byte>.Shared.Return(memory, clearArray: true);
    }
}
