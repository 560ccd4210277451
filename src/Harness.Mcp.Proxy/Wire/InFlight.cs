using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>Counts what one agent has open under one mission, so that a flood of one does not starve the others.</summary>
internal sealed class InFlight(int max)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(AgentId, MissionId), int> _open = [];

    public int Max => max;

    /// <returns>False where the cap is reached; otherwise <see cref="Leave"/> must follow.</returns>
    public bool TryEnter(AgentId agent, MissionId mission)
    {
        lock (_lock)
        {
            var open = _open.GetValueOrDefault((agent, mission));
            if (open >= max) return false;
            _open[(agent, mission)] = open + 1;
            return true;
        }
    }

    public void Leave(AgentId agent, MissionId mission)
    {
        lock (_lock)
        {
            var open = _open[(agent, mission)] - 1;
            if (open == 0) _open.Remove((agent, mission));
            else _open[(agent, mission)] = open;
        }
    }
}
