namespace Harness.Mcp.Proxy.Backends.Large;

/// <summary>Makes an answer of a body that is too large for memory, where the body itself is none. For one body.</summary>
internal interface ISpoolForm
{
    /// <summary>What stands before the body.</summary>
    ReadOnlyMemory<byte> Begin();

    /// <summary>The next piece of the body, as it is written down.</summary>
    ReadOnlyMemory<byte> Take(ReadOnlySpan<byte> piece);

    /// <summary>What is left of the body, and what stands behind it.</summary>
    ReadOnlyMemory<byte> End();
}
