namespace Harness.Mcp.Core.Chains;

/// <summary>One call of one mission, minted by the proxy (a UUID of version 7); an agent's JSON-RPC ids never serve as identity.</summary>
public readonly record struct CallId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}
