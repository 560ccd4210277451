namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>A channel to a backend could not be opened. The message is ours and holds no secret; what the backend said is escaped.</summary>
internal class WireException : Exception
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

/// <summary>What a transport asks first is not known there: nothing had an effect, and another transport may do.</summary>
internal sealed class NoEndpointException(string message) : WireException(message);
