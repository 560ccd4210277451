using System.Collections.Concurrent;
using System.Collections.Frozen;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Enforcement;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// The names of each mission's tools with what the wire must know of them, kept until the listing changes. It serves
/// header checks and telemetry; whether a tool may be called is enforcement's to say.
/// </summary>
internal sealed class MissionTools : IDisposable
{
    private const int MissionsMax = 10_000;

    private static readonly FrozenDictionary<string, CalledTool> None = FrozenDictionary<string, CalledTool>.Empty;

    private readonly IEnforcement _enforcement;
    private readonly ConcurrentDictionary<MissionId, FrozenDictionary<string, CalledTool>> _byMission = new();
    private long _changes;

    public MissionTools(IEnforcement enforcement)
    {
        _enforcement = enforcement;
        enforcement.ToolsChanged += Forget;
    }

    /// <returns>Null where the mission lists no such tool.</returns>
    public async ValueTask<CalledTool?> FindAsync(RegisteredAgent agent, MissionId mission, string tool, CancellationToken cancellationToken)
    {
        if (!_byMission.TryGetValue(mission, out var tools)) tools = await ReadAsync(agent, mission, cancellationToken);
        return tools.GetValueOrDefault(tool);
    }

    public void Dispose() => _enforcement.ToolsChanged -= Forget;

    private async ValueTask<FrozenDictionary<string, CalledTool>> ReadAsync(
        RegisteredAgent agent, MissionId mission, CancellationToken cancellationToken)
    {
        var changes = Interlocked.Read(ref _changes);
        if (await _enforcement.ListToolsAsync(agent, mission, cancellationToken) is not ToolListing.Tools(var listed)) return None;

        var tools = listed.ToFrozenDictionary(
            tool => tool.ExposedName, tool => new CalledTool(ParameterHeaders.Of(tool.Definition)), StringComparer.Ordinal);
        if (_byMission.Count >= MissionsMax) _byMission.Clear();
        _byMission[mission] = tools;

        // A change that came while the listing was read may not be in it.
        if (Interlocked.Read(ref _changes) != changes) _byMission.TryRemove(mission, out _);
        return tools;
    }

    private void Forget(MissionId mission)
    {
        Interlocked.Increment(ref _changes);
        _byMission.TryRemove(mission, out _);
    }
}

/// <summary>What the wire must know of a tool before it takes a call.</summary>
/// <param name="Headers">The headers that mirror arguments.</param>
internal sealed record CalledTool(ParameterHeaders Headers);
