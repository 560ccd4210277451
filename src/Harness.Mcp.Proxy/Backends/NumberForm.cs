namespace Harness.Mcp.Proxy.Backends;

/// <summary>How a tool reads the numbers of its arguments.</summary>
public enum NumberForm
{
    /// <summary>As doubles, or in a way that nobody has said: a call passes only with numbers that every reader takes for the same value.</summary>
    Double,

    /// <summary>To the last digit, as the engine compares them: every number passes as it is spelled.</summary>
    Exact,
}
