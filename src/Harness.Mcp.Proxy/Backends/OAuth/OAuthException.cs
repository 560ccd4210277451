namespace Harness.Mcp.Proxy.Backends.OAuth;

/// <summary>No token is to be had. The message is ours: it holds no secret, and what a server said is escaped.</summary>
internal sealed class OAuthException(string message) : Exception(message);
