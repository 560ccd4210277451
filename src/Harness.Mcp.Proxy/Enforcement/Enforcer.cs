using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement.Asking;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Microsoft.Extensions.Hosting;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>Enforcement as the wire sees it: calls go to the <see cref="EnforcementPoint"/>, lists show what the mission grants.</summary>
internal sealed class Enforcer : IEnforcement, IHostedService
{
    private readonly EnforcementPoint _point;
    private readonly UndeliveredAnswers _undelivered;
    private readonly MissionDirectory _missions;
    private readonly MissionGates _gates;
    private readonly IToolCatalog _catalog;
    private readonly AskedCalls _asked;
    private readonly TaskOpening _tasks;
    private readonly MissionListings _listings = new();

    public Enforcer(EnforcementPoint point, UndeliveredAnswers undelivered, MissionDirectory missions, MissionGates gates, IToolCatalog catalog, AskedCalls asked, TaskOpening tasks)
    {
        (_point, _undelivered, _missions, _gates, _catalog, _asked, _tasks) = (point, undelivered, missions, gates, catalog, asked, tasks);
        _catalog.Changed += OnCatalogChanged;
    }

    public event Action<MissionId>? ToolsChanged;

    public ValueTask<CallAnswer> CallAsync(AgentCall call, INoticeSink notices, CancellationToken cancellationToken) =>
        call.Resumption is null ? _point.CallAsync(call, notices, cancellationToken) : _asked.ResumeAsync(_point, call, notices, cancellationToken);

    public void Undelivered(CallAnswer answer)
    {
        if (answer is CallAnswer.InputRequired question)
            _asked.Unasked(question);
        if (answer is CallAnswer.Task task)
            _ = _tasks.UntoldAsync(task);
        _undelivered.Keep(answer);
    }

    public ValueTask<MissionSelection> SelectAsync(RegisteredAgent agent, string? missionInUrl, CancellationToken cancellationToken) =>
        _missions.SelectAsync(agent, missionInUrl, cancellationToken);

    public async ValueTask<ToolListing> ListToolsAsync(RegisteredAgent agent, MissionId mission, CancellationToken cancellationToken)
    {
        var catalog = _catalog.Current;
        ToolListing.Tools? listing = null;
        var status = MissionStatus.Revoked;

        var answer = await _gates.Of(mission).LookAsync(
            (state, time) =>
            {
                status = state.StatusAt(time);
                listing = _listings.Of(state, catalog);
            },
            cancellationToken);

        if (answer is not GateAnswer.Recorded)
            return new ToolListing.Refused(new Denial(
                ReasonCode.StateUnavailable, "The record of this mission cannot be read now. Try again later, or tell the proxy's operator."));

        return status switch
        {
            // A suspended mission keeps its list: it may resume, and clients cache lists.
            MissionStatus.Active or MissionStatus.Suspended => listing!,
            MissionStatus.Expired => new ToolListing.Refused(new Denial(ReasonCode.MissionExpired, "This mission has expired. Ask its owner to open a new one.")),
            _ => new ToolListing.Refused(new Denial(ReasonCode.MissionEnded, "This mission has ended. Ask its owner to open a new one.")),
        };
    }

    public Task StartAsync(CancellationToken cancellationToken) => _missions.RecoverAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _catalog.Changed -= OnCatalogChanged;
        return _asked.StopAsync();
    }

    private void OnCatalogChanged()
    {
        foreach (var mission in _gates.InUse)
            ToolsChanged?.Invoke(mission);
    }
}
