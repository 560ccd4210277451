using Harness.Mcp.Core.Chains;
using Harness.Mcp.Store;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>What became of a proposal.</summary>
internal abstract record GateAnswer
{
    private GateAnswer() { }

    /// <summary>Durable.</summary>
    /// <param name="Link">Null where the proposal wanted no link.</param>
    /// <param name="Previous">The trace of the mission's call before this one.</param>
    public sealed record Recorded(SealedLink? Link, RequestTrace Previous) : GateAnswer;

    public sealed record NoMission : GateAnswer;

    /// <summary>Other writers came first, again and again.</summary>
    public sealed record Contended : GateAnswer;

    public sealed record Unavailable(string Why) : GateAnswer;

    /// <summary>A bug; its details are for the log alone.</summary>
    public sealed record Failed(Exception Bug) : GateAnswer;
}
