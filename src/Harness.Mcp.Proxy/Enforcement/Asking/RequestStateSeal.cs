namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>Seals a `requestState`, so that the agent that carries it can neither read nor change it.</summary>
/// <param name="key">32 bytes.</param>
internal sealed class RequestStateSeal(ReadOnlySpan<byte> key)
{
    /// <summary>Longest sealed text that is looked at, in characters; a backend's own state that would need a longer one is refused.</summary>
    public const int CharsMax = 256 * 1024;

    private readonly SealedText _texts = new(key, "h1.", "harness-mcp requestState 1"u8, CharsMax);

    /// <returns>Null where the state is too long to be carried.</returns>
    public string? Seal(RequestState state) => _texts.Seal(state.ToBytes());

    /// <returns>Null for a text that this seal did not make.</returns>
    public RequestState? Open(string text) => _texts.Open(text) is { } plain ? RequestState.FromBytes(plain) : null;
}
