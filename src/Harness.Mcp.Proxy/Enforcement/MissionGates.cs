using System.Collections.Concurrent;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>
/// The gates of the missions in use. Correctness never leans on there being one gate a mission (the store's unique key decides who
/// was first), so idle gates may be dropped at any time; that costs rebuilding their state.
/// </summary>
internal sealed class MissionGates(IChainStore store, ILogger<MissionGate> logger)
{
    /// <summary>Gates kept in memory, each with its mission's state.</summary>
    private const int GatesMax = 1_024;

    private readonly ConcurrentDictionary<MissionId, MissionGate> _gates = new();

    public IEnumerable<MissionId> InUse => _gates.Keys;

    /// <summary>Missions that have obligations.</summary>
    public IEnumerable<MissionId> Owing => _gates.Where(pair => pair.Value.Owes).Select(pair => pair.Key);

    /// <summary>Missions whose calls wait for tasks.</summary>
    public IEnumerable<MissionId> Waiting => _gates.Where(pair => pair.Value.Waits).Select(pair => pair.Key);

    public MissionGate Of(MissionId mission)
    {
        if (_gates.TryGetValue(mission, out var gate))
            return gate;

        if (_gates.Count >= GatesMax)
            DropIdle();
        return _gates.GetOrAdd(mission, static (id, needs) => new MissionGate(id, needs.store, needs.logger), (store, logger));
    }

    /// <summary>Drops the idle half, oldest first. Unknown missions named by agents cannot grow the table for long, since they are always idle.</summary>
    private void DropIdle()
    {
        foreach (var (mission, _) in _gates.Where(pair => pair.Value.IsIdle).OrderBy(pair => pair.Value.LastUsed).Take(GatesMax / 2).ToList())
            _gates.TryRemove(mission, out _);
    }
}
