using System.Collections.Immutable;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Proxy.Backends.Asks;

/// <summary>What a backend's owner says of what it asks agents for. What it may ask at all, missions grant.</summary>
public sealed record AskTerms
{
    public static AskTerms Default { get; } = new();

    /// <summary>Labels of what agents answer; `untrusted` where the owner says nothing.</summary>
    public ImmutableArray<string> Labels { get; init; } = [LabelNames.Untrusted];

    /// <summary>Hosts whose pages the backend may send an agent's user to, in lower case; none where the owner says nothing.</summary>
    public ImmutableArray<string> Hosts { get; init; } = [];

    /// <summary>
    /// What is declared while the backend's tools are listed, since some backends list only what the client could serve. Nothing is asked on that
    /// connection.
    /// </summary>
    public AgentInputs Listing { get; init; }
}
