using Harness.Mcp.Core.Layers;

namespace Harness.Mcp.Proxy.Layers;

/// <summary>The guardrails and backend terms of this moment, which hold for every mission from its next call on.</summary>
public interface IRuleSources
{
    /// <summary>The same object until something changes, so that asking before each call costs nothing.</summary>
    RuleSources Current { get; }
}
