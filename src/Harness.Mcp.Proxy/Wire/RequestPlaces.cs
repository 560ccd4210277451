using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// Places for requests that are worked on at once. Who gets none is turned away before any of its body is read, so that a crowd costs neither memory
/// nor work that those inside need. One agent gets at most half of them.
/// </summary>
internal sealed class RequestPlaces(int max)
{
    private readonly Lock _access = new();
    private readonly Dictionary<AgentId, int> _taken = [];
    private int _all;

    private int OfOneMax => Math.Max(1, max / 2);

    /// <returns>A place, to be given back; null where there is none for this agent.</returns>
    public Place? TryTake(AgentId agent)
    {
        lock (_access)
        {
            var own = _taken.GetValueOrDefault(agent);
            if (_all >= max || own >= OfOneMax) return null;
            _all++;
            _taken[agent] = own + 1;
        }

        return new Place(this, agent);
    }

    private void GiveBack(AgentId agent)
    {
        lock (_access)
        {
            _all--;
            if (--_taken[agent] == 0) _taken.Remove(agent);
        }
    }

    /// <summary>One place; giving it back a second time changes nothing.</summary>
    public sealed class Place(RequestPlaces places, AgentId agent) : IDisposable
    {
        private int _isGivenBack;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isGivenBack, 1) == 0) places.GiveBack(agent);
        }
    }
}
