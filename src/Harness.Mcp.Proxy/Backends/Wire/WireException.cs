namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>A channel to a backend could not be opened. The message is ours and holds no secret; what the backend said is escaped.</summary>
internal sealed class WireException : Exception
{
    public WireException(string message)
        : base(message)
    {
    }

    public WireException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
