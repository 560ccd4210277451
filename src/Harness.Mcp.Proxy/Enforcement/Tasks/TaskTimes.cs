using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Proxy.Enforcement.Tasks;

/// <summary>How long tasks are waited for, and which labels their words have.</summary>
internal static class TaskTimes
{
    /// <summary>Until when a task is waited for: as long as its backend keeps it, at most for the longest time that is set, and never longer than the mission lives.</summary>
    /// <param name="lifetime">As the backend says; null for no end.</param>
    public static DateTimeOffset Expiry(MissionState state, ChainCall call, TimeSpan? lifetime, TimeSpan lifetimeMax)
    {
        var until = call.Time + (lifetime < lifetimeMax ? lifetime.Value : lifetimeMax);
        return until < state.Facts.Expires ? until : state.Facts.Expires;
    }

    /// <summary>What a message of a task brings into the mission: the labels of the tool's results.</summary>
    public static System.Collections.Immutable.ImmutableArray<string> Labels(ToolFacts tool, string? message) => message is null ? [] : tool.Labels.All;
}
