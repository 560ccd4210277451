using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Documents;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Large;
using Harness.Mcp.Proxy.Enforcement.Asking;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Harness.Mcp.Proxy.Layers;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Chains;
using Harness.Mcp.Store.Memory;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

/// <summary>Enforcement with the real rules and a real chain store, a catalog that a test sets, and a backend that records what reaches it.</summary>
internal sealed class EnforcementWorld
{
    public const string TwoWrites = """
        mission: tidy
        objective: Tidy the notes.
        owner: owner@corp.example
        agents: [tidier]
        lifetime: 1h
        grants:
          - read: [notes/*]
          - tools: [notes/write]
        rules:
          - { id: two-writes, on: [notes/write], budget: { max: 2 } }
        """;

    public static readonly MissionId Mission = new("tidy-aaaaaaaaaa");

    private readonly TimeProvider _time;

    private EnforcementWorld(FaultyStore store, FixedCatalog catalog, RecordingBackend backend, TimeProvider time)
    {
        _time = time;
        (Store, Catalog, Backend) = (store, catalog, backend);
        UseProcess(NewProxy());
    }

    public FaultyStore Store { get; }

    public FixedCatalog Catalog { get; }

    public RecordingBackend Backend { get; }

    /// <summary>Large results, in the temporary files; nothing is written there unless a test does.</summary>
    public LargeResults Large { get; private set; } = new(Path.Combine(Path.GetTempPath(), $"harness-large-{Guid.NewGuid():N}"));

    /// <summary>What the backends offer besides tools.</summary>
    public SettableReads Reads { get; } = new();

    public IEnforcement Enforcer { get; private set; }

    public SettableRules Rules { get; } = new();

    public EnforcementOptions Options { get; } = new();

    /// <summary>Of all processes of the world: its key is kept, as a home keeps it.</summary>
    public RequestStateSeal Seal { get; } = new(new byte[32]);

    /// <summary>Of all processes of the world, like <see cref="Seal"/>.</summary>
    public TaskSeal TaskSeal { get; } = new(new byte[32]);

    public ObligationKeeper Keeper { get; private set; }

    public IMissionTasks Tasks { get; private set; }

    public TaskKeeper TaskKeeper { get; private set; }

    public static RegisteredAgent Agent { get; } = new()
    {
        Id = new AgentId("tidier"), Owner = "owner@corp.example", Missions = ["tidy"], ReviewBy = DateOnly.MaxValue, IsActive = true,
    };

    public static async Task<EnforcementWorld> WithAsync(string mission, TimeProvider? clock = null)
    {
        var time = clock ?? TimeProvider.System;
        var store = new FaultyStore(new MemoryChainStore(time));
        var template = MissionParser.Parse(YamlReader.Read(mission, "mission.yaml").Value!);
        Assert.Empty(template.Problems);
        var opened = MissionOpening.Open(template.Value!, [], "owner@corp.example", store.Now);
        Assert.Empty(opened.Problems);
        await AppendAsync(store, opened.Value!);

        var catalog = new FixedCatalog(Tool("read", Effect.Read), Tool("write", Effect.Write), Tool("erase", Effect.Destructive));
        return new EnforcementWorld(store, catalog, new RecordingBackend(store), time);
    }

    public static CatalogTool Tool(string name, Effect effect, string? outputSchema = null)
    {
        var output = outputSchema is null ? "" : $",\"outputSchema\":{outputSchema}";
        var definition = JsonElement.Parse(
            $$$"""
            {"name":"{{{name}}}",
             "inputSchema":{"type":"object","properties":{"text":{"type":"string","maxLength":100} },"additionalProperties":false}{{{output}}} }
            """);
        var facts = new ToolFacts
        {
            Id = new ToolId(new BackendId("notes"), name), Domain = "notes", Effect = effect, Definition = Digest.Of(definition),
        };
        return new CatalogTool(
            $"notes_{name}", facts, definition, JsonSchema.Compile(definition.GetProperty("inputSchema"), new SourcePosition("test", 0, 0)).Value!, ToolStanding.Approved);
    }

    /// <summary>Starts anew, with large results kept elsewhere.</summary>
    public void UseLarge(LargeResults large)
    {
        Large = large;
        UseProcess(NewProxy());
    }

    /// <summary>Another proxy on the same store and backends: its own gates, nothing shared in memory.</summary>
    public IEnforcement NewProcess() => NewProxy().Enforcer;

    /// <summary>The same, with what looks after its obligations when a test says so.</summary>
    public ProcessInTest NewProxy()
    {
        var gates = new MissionGates(Store, NullLogger<MissionGate>.Instance);
        var desk = new InputDesk(gates, Rules, Options, _time, NullLogger<InputDesk>.Instance);
        var answers = new LargeAnswers(Large);
        var asked = new AskedCalls(gates, desk, Seal, Catalog, Reads, answers, Backend, _time);
        var undelivered = new UndeliveredAnswers(_time);
        var ends = new TaskEnds(gates, Backend, _time, NullLogger<TaskEnds>.Instance);
        var opening = new TaskOpening(gates, TaskSeal, ends, Options, NullLogger<TaskOpening>.Instance);
        var shown = new ShownResults(Reads, Backend, NullLogger<ShownResults>.Instance);
        var point = new EnforcementPoint(gates, Rules, Catalog, Reads, Backend, answers, shown, asked, opening, undelivered, Options, NullLogger<EnforcementPoint>.Instance);
        var compensation = new Compensation(gates, point, Catalog, NullLogger<Compensation>.Instance);
        return new ProcessInTest(
            new Enforcer(point, undelivered, new MissionDirectory(gates, Store, NullLogger<MissionDirectory>.Instance), gates, Catalog, asked, opening),
            new ObligationKeeper(gates, compensation, _time),
            new MissionTasks(gates, TaskSeal, ends, new TaskQuestions(gates, desk, Catalog, Backend), new TaskOutcomes(Catalog, answers, shown), Catalog, Reads, Backend, Options, NullLogger<MissionTasks>.Instance),
            new TaskKeeper(gates, ends, _time, NullLogger<TaskKeeper>.Instance));
    }

    /// <summary>Goes on with another process.</summary>
    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(Enforcer), nameof(Keeper), nameof(Tasks), nameof(TaskKeeper))]
    public void UseProcess(ProcessInTest process) => (Enforcer, Keeper, Tasks, TaskKeeper) = (process.Enforcer, process.Keeper, process.Tasks, process.TaskKeeper);

    public static string? TextOf(CallAnswer answer) =>
        ((CallAnswer.Result)answer).Value.GetProperty("content")[0].GetProperty("text").GetString();

    public static string? ReasonOf(CallAnswer answer) =>
        answer is CallAnswer.Result { Value: var value } && value.TryGetProperty("structuredContent", out var structured)
        && structured.TryGetProperty("denied", out _)
            ? structured.GetProperty("reason").GetString()
            : null;

    public Task<CallAnswer> CallAsync(string tool, string? text = null) => CallAsync(Enforcer, tool, text);

    public static Task<CallAnswer> CallAsync(IEnforcement enforcer, string tool, string? text = null) =>
        CallUntilAsync(enforcer, tool, text, TestContext.Current.CancellationToken);

    /// <summary>A call that the agent may cancel.</summary>
    public static async Task<CallAnswer> CallUntilAsync(IEnforcement enforcer, string tool, string? text, CancellationToken cancellationToken)
    {
        var arguments = text is null ? (JsonElement?)null : JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["text"] = text });
        return await enforcer.CallAsync(new AgentCall(Agent, Mission, tool, arguments, null), NoNotices.Instance, cancellationToken);
    }

    /// <summary>Appends as another process would: at the version the store has now.</summary>
    public Task AppendAsync(LinkBody body) => AppendAsync(Store, body);

    public async Task<ImmutableArray<Link>> ChainAsync()
    {
        var read = Assert.IsType<ReadResult.Found>(await Store.Inner.ReadAsync(Mission, 0, 10_000, CancellationToken.None));
        return [.. read.Links.Select(link => link.Link)];
    }

    /// <summary>The kinds of the links since the mission was opened.</summary>
    public async Task<ImmutableArray<string>> KindsAsync() => [.. (await ChainAsync()).Skip(1).Select(link => link.Body.GetType().Name)];

    /// <summary>How the one call that settled did so.</summary>
    public async Task<LinkBody.CallSettled> SettledAsync() =>
        Assert.IsType<LinkBody.CallSettled>(Assert.Single(await ChainAsync(), link => link.Body is LinkBody.CallSettled).Body);

    private static async Task AppendAsync(FaultyStore store, LinkBody body)
    {
        var read = Assert.IsType<ReadResult.Found>(await store.Inner.ReadAsync(Mission, 0, 10_000, CancellationToken.None));
        var head = read.Links.IsEmpty ? Digest.Zero : read.Links[^1].Digest;
        var link = LinkCodec.Seal(new Link(Mission, read.Links.Length + 1, store.Now, head, body));
        Assert.IsType<AppendResult.Appended>(await store.Inner.AppendAsync(Mission, read.Links.Length, [link], CancellationToken.None));
    }
}

/// <summary>What of one proxy's process a test speaks to.</summary>
internal sealed record ProcessInTest(IEnforcement Enforcer, ObligationKeeper Keeper, IMissionTasks Tasks, TaskKeeper TaskKeeper);

/// <summary>A chain store that a test can break and mend.</summary>
internal sealed class FaultyStore(MemoryChainStore inner) : IChainStore, ISnapshotStore
{
    private long _linksRead;

    public IChainStore Inner => inner;

    public bool IsDown { get; set; }

    /// <summary>Runs before each append; lets a test put another writer's link in between.</summary>
    public Func<ImmutableArray<SealedLink>, Task>? BeforeAppend { get; set; }

    public DateTimeOffset Now => inner.Now;

    public async ValueTask<AppendResult> AppendAsync(
        MissionId mission, long expectedVersion, ImmutableArray<SealedLink> links, CancellationToken cancellationToken)
    {
        if (BeforeAppend is { } before)
            await before(links);
        return IsDown
            ? new AppendResult.Unavailable("The test took the store away.")
            : await inner.AppendAsync(mission, expectedVersion, links, cancellationToken);
    }

    /// <summary>How many links were read, since a test last set it.</summary>
    public long LinksRead
    {
        get => Interlocked.Read(ref _linksRead);
        set => Interlocked.Exchange(ref _linksRead, value);
    }

    public async ValueTask<ReadResult> ReadAsync(MissionId mission, long afterVersion, int linksMax, CancellationToken cancellationToken)
    {
        if (IsDown)
            return new ReadResult.Unavailable("The test took the store away.");
        var read = await inner.ReadAsync(mission, afterVersion, linksMax, cancellationToken);
        if (read is ReadResult.Found { Links: var links })
            Interlocked.Add(ref _linksRead, links.Length);
        return read;
    }

    public ValueTask<KeptSnapshot?> ReadSnapshotAsync(MissionId mission, CancellationToken cancellationToken) => inner.ReadSnapshotAsync(mission, cancellationToken);

    public ValueTask KeepSnapshotAsync(KeptSnapshot snapshot, CancellationToken cancellationToken) => inner.KeepSnapshotAsync(snapshot, cancellationToken);

    public async ValueTask<ListResult> ListAsync(CancellationToken cancellationToken) =>
        IsDown ? new ListResult.Unavailable("The test took the store away.") : await inner.ListAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>Guardrails and terms that a test sets.</summary>
internal sealed class SettableRules : IRuleSources
{
    public RuleSources Current { get; set; } = RuleSources.None;

    public void Guardrails(string yaml) => Current = new RuleSources(
        RuleSourceParser.Guardrails(YamlReader.Read(yaml, "guardrails.yaml").Value!).Value ?? throw new InvalidOperationException("Bad guardrails."), []);
}

/// <summary>A catalog of reads that a test sets.</summary>
internal sealed class SettableReads : IReadCatalog
{
    public event Action<ListKinds>? ReadsChanged;

    public CatalogReads Reads { get; private set; } = CatalogReads.Empty;

    public void Replace(ListKinds changed, params BackendReads[] backends)
    {
        Reads = new CatalogReads(Reads.Version + 1, backends);
        ReadsChanged?.Invoke(changed);
    }
}

internal sealed class FixedCatalog(params CatalogTool[] tools) : IToolCatalog
{
    public CatalogSnapshot Current { get; private set; } = new(1, tools);

    public event Action? Changed;

    public void Replace(params CatalogTool[] next)
    {
        Current = new CatalogSnapshot(Current.Version + 1, next);
        Changed?.Invoke();
    }
}

/// <summary>Answers every call with its text, and remembers what it was asked and how long the chain was then.</summary>
internal sealed class RecordingBackend(FaultyStore store) : IBackendPort, IBackendDirectory
{
    public BackendId Id { get; } = new("notes");

    public AskTerms Asks { get; set; } = AskTerms.Default;

    public ImmutableArray<string>? Images { get; set; }

    public ConcurrentQueue<(BackendCall Call, int LinksThen)> Calls { get; } = [];

    public Func<BackendCall, CancellationToken, ValueTask<BackendReply>> Reply { get; set; } =
        (call, _) => ValueTask.FromResult<BackendReply>(Text(call.Arguments.TryGetProperty("text", out var text) ? text.GetString()! : "done"));

    /// <summary>What it was asked about tasks, and how long the chain was then.</summary>
    public ConcurrentQueue<(TaskRequest Request, int LinksThen)> TaskRequests { get; } = [];

    public Func<TaskRequest, TaskReply> TaskReply { get; set; } = static _ => new TaskReply.Gone();

    public async ValueTask<TaskReply> AskTaskAsync(TaskRequest request, CancellationToken cancellationToken)
    {
        var chain = (ReadResult.Found)await store.Inner.ReadAsync(request.Mission, 0, 10_000, CancellationToken.None);
        TaskRequests.Enqueue((request, chain.Links.Length));
        return TaskReply(request);
    }

    public static BackendReply.Result Text(string text) => new(JsonSerializer.SerializeToElement(
        new { content = new[] { new { type = "text", text } } }));

    public IBackendPort? Find(BackendId backend) => backend == Id ? this : null;

    public async ValueTask<BackendReply> CallAsync(BackendCall call, INoticeSink notices, CancellationToken cancellationToken)
    {
        var chain = (ReadResult.Found)await store.Inner.ReadAsync(call.Mission, 0, 10_000, CancellationToken.None);
        Calls.Enqueue((call, chain.Links.Length));
        return await Reply(call, cancellationToken);
    }
}

/// <summary>An agent that listens to nothing during its calls.</summary>
internal sealed class NoNotices : INoticeSink
{
    public static NoNotices Instance { get; } = new();

    public ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
