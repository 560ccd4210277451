using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Reads;
using Harness.Mcp.Proxy.Tests.Wire.Tasks;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>Enforcement that permits everything and remembers what reached it.</summary>
internal sealed class FakeEnforcement : IEnforcement, IMissionReads, IResourceWatches
{
    private readonly Lock _lock = new();
    private readonly List<AgentCall> _calls = [];

    public event Action<MissionId>? ToolsChanged;

    public event Action<ReadList>? ListChanged;

    public Func<AgentCall, INoticeSink, CancellationToken, ValueTask<CallAnswer>> OnCall { get; set; } =
        (call, _, _) => ValueTask.FromResult<CallAnswer>(Answer(call.Tool));

    public ImmutableArray<ListedTool> Tools { get; set; } =
    [
        Tool("siem_get_alert"),
        Tool("mail_send"),
        Tool("geo_find", """{"name":"find","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"zone":{"type":"integer","x-mcp-header":"Zone"}}}}"""),
    ];

    public Func<ReadList, ImmutableArray<ListedRead>> Reads { get; set; } = _ => [];

    public IReadOnlyList<AgentCall> Calls
    {
        get
        {
            lock (_lock) return [.. _calls];
        }
    }

    public static CallAnswer Answer(string text) =>
        new CallAnswer.Result(JsonSerializer.SerializeToElement(new { content = new[] { new { type = "text", text } } }));

    public static ListedTool Tool(string name, string definition = """{"name":"own","description":"d","inputSchema":{"type":"object"}}""") =>
        new(name, JsonElement.Parse(definition));

    public FakeTasks Tasks { get; } = new();

    /// <summary>The answers that reached nobody.</summary>
    public System.Collections.Concurrent.ConcurrentBag<CallAnswer> Lost { get; } = [];

    public void ChangeTools(MissionId mission) => ToolsChanged?.Invoke(mission);

    public async ValueTask<CallAnswer> CallAsync(AgentCall call, INoticeSink notices, CancellationToken cancellationToken)
    {
        lock (_lock) _calls.Add(call);
        return await OnCall(call, notices, cancellationToken);
    }

    public void Undelivered(CallAnswer answer) => Lost.Add(answer);

    public ValueTask<ToolListing> ListToolsAsync(RegisteredAgent agent, MissionId mission, CancellationToken cancellationToken) =>
        ValueTask.FromResult<ToolListing>(mission.Value is "ended"
            ? new ToolListing.Refused(new Denial(ReasonCode.MissionEnded, "This mission has ended. Ask for a new one."))
            : new ToolListing.Tools(Tools));

    public ValueTask<ReadListing> ListAsync(MissionId mission, ReadList list, CancellationToken cancellationToken) =>
        ValueTask.FromResult<ReadListing>(new ReadListing.Reads(Reads(list)));

    public string? Instructions { get; set; }

    /// <summary>Of every mission.</summary>
    public string? OldestProtocol { get; set; }

    public ValueTask<string?> InstructionsAsync(MissionId mission, CancellationToken cancellationToken) => ValueTask.FromResult(Instructions);

    /// <summary>What happens when a resource is watched; by default there is nothing to tell of.</summary>
    public Func<AgentCall, Action<string>, WatchAnswer> OnWatch { get; set; } = (_, _) => new WatchAnswer.NotTold();

    public ValueTask<WatchAnswer> WatchAsync(AgentCall read, Action<string> updated, CancellationToken cancellationToken) =>
        ValueTask.FromResult(OnWatch(read, updated));

    public Func<AgentCall, bool> MayRead { get; set; } = _ => true;

    public ValueTask<bool> MayReadAsync(AgentCall read, CancellationToken cancellationToken) => ValueTask.FromResult(MayRead(read));

    public void ChangeList(ReadList list) => ListChanged?.Invoke(list);

    public ValueTask<MissionSelection> SelectAsync(RegisteredAgent agent, string? missionInUrl, CancellationToken cancellationToken) =>
        ValueTask.FromResult<MissionSelection>(missionInUrl is "unknown"
            ? new MissionSelection.Refused(ReasonCode.AgentNotOfMission, "No such mission is open for this agent. Ask its owner.")
            : new MissionSelection.Selected(new MissionId(missionInUrl ?? "only-one")) { OldestProtocol = OldestProtocol });
}
