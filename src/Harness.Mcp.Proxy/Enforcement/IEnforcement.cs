using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Backends;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>Enforcement as the agent side of the wire sees it. Expected outcomes are values; an exception is a bug, and the wire denies.</summary>
public interface IEnforcement
{
    /// <summary>Judges a call and, where it is permitted, forwards it. The answer is durable on the chain before it is returned.</summary>
    ValueTask<CallAnswer> CallAsync(AgentCall call, INoticeSink notices, CancellationToken cancellationToken);

    /// <summary>Says that an agent was gone before it could be given an answer of <see cref="CallAsync"/>.</summary>
    void Undelivered(CallAnswer answer);

    /// <summary>The mission's tools: they depend on the mission alone, never on what its chain has done.</summary>
    ValueTask<ToolListing> ListToolsAsync(RegisteredAgent agent, MissionId mission, CancellationToken cancellationToken);

    /// <summary>Which mission the agent works under.</summary>
    /// <param name="missionInUrl">The mission's id as the URL has it; null on an endpoint that names none, which serves an agent with one open mission.</param>
    ValueTask<MissionSelection> SelectAsync(RegisteredAgent agent, string? missionInUrl, CancellationToken cancellationToken);

    /// <summary>Raised after the tool listing of a mission changed; may be raised on any thread, and must not be blocked.</summary>
    event Action<MissionId>? ToolsChanged;
}

/// <summary>One tool as the agent is shown it.</summary>
/// <param name="ExposedName">The name that the agent calls: `backend_tool`, or the tool's own where the owner exposes bare names.</param>
/// <param name="Definition">The tool's definition; its `name` is replaced by <paramref name="ExposedName"/> on the wire.</param>
public sealed record ListedTool(string ExposedName, JsonElement Definition);

/// <summary>The answer to `tools/list`.</summary>
public abstract record ToolListing
{
    private ToolListing() { }

    public sealed record Tools(ImmutableArray<ListedTool> Listed) : ToolListing;

    public sealed record Refused(Denial Denial) : ToolListing;
}

/// <summary>The mission that a request is for. A mission that does not exist and one of another agent are refused with the same words.</summary>
public abstract record MissionSelection
{
    private MissionSelection() { }

    public sealed record Selected(MissionId Mission) : MissionSelection
    {
        /// <summary>The oldest revision of MCP under which agents may work under it; null for any.</summary>
        public string? OldestProtocol { get; init; }
    }

    /// <param name="Say">What the agent's developer should do.</param>
    public sealed record Refused(ReasonCode Reason, string Say) : MissionSelection;
}
