using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Reads;
using Harness.Mcp.Proxy.Tests.Backends;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

/// <summary>Reads of resources, prompts and completions go the one way of every call: granted, judged, recorded, labelled.</summary>
public sealed class ReadCallTests : INoticeSink
{
    private const string Mission = """
        mission: tidy
        objective: Tidy the notes.
        owner: owner@corp.example
        agents: [tidier]
        lifetime: 1h
        grants:
          - read: [notes/resources/read]
            args: { uri: { pattern: "^note://" } }
          - read: [notes/prompts/get, notes/completion/complete]
          - tools: [notes/write]
        rules:
          - { id: few, on: [notes/resources/read], budget: { distinct: call.args.uri, max: 2 } }
          - { id: no-leak, flow: { label: personal, to: external } }
        """;

    private static readonly JsonElement Contents = JsonElement.Parse("""{"contents":[{"uri":"note://1","text":"{\"mail\":\"ada@corp.example\"}"}]}""");

    [Fact]
    public async Task Read_IsACallOnTheChain_WithTheLabelsOfItsResource()
    {
        var world = await WorldAsync();

        var answer = await world.Enforcer.CallAsync(Resource("notes+note://1"), this, TestContext.Current.CancellationToken);

        Assert.Equal("notes+note://1", Assert.IsType<CallAnswer.Result>(answer).Value.GetProperty("contents")[0].GetProperty("uri").GetString());
        var (forwarded, links) = Assert.Single(world.Backend.Calls);
        Assert.Equal(("resources/read", "note://1", 2), (forwarded.Method, forwarded.MirroredName, links));
        Assert.Equal("""{"uri":"note://1"}""", forwarded.Arguments.GetRawText());
        var chain = await world.ChainAsync();
        var admitted = Assert.IsType<LinkBody.CallAdmitted>(chain[1].Body);
        Assert.Equal((new ToolId(new BackendId("notes"), "resources/read"), Effect.Read), (admitted.Tool.Id, admitted.Tool.Effect));
        var settled = Assert.IsType<LinkBody.CallSettled>(chain[2].Body);
        Assert.Equal(["personal"], settled.Labels);
        Assert.Equal("ada@corp.example", settled.Result!.Value.GetProperty("mail").GetString());
    }

    [Fact]
    public async Task Read_CountsForRules_AndItsLabelsBarWhatWouldLeak()
    {
        var world = await WorldAsync();
        Assert.IsType<CallAnswer.Result>(await world.CallAsync("notes_write", "before"));
        await world.Enforcer.CallAsync(Resource("notes+note://1"), this, TestContext.Current.CancellationToken);
        await world.Enforcer.CallAsync(Resource("notes+note://2"), this, TestContext.Current.CancellationToken);

        var third = await world.Enforcer.CallAsync(Resource("notes+note://3"), this, TestContext.Current.CancellationToken);
        var write = await world.CallAsync("notes_write", "after");

        Assert.Equal("budget_exhausted", ReasonOf(third));
        Assert.Contains("flow_forbidden", Assert.IsType<CallAnswer.Result>(write).Value.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("notes+file:///etc/passwd", "arguments_not_granted", DenialCode)]
    [InlineData("notes+note://a/../b", "arguments_invalid", DenialCode)]
    [InlineData("other+note://1", "tool_not_granted", InvalidParams)]
    [InlineData("nowhere+note://1", "tool_not_granted", InvalidParams)]
    [InlineData("note://1", "tool_not_granted", InvalidParams)]
    public async Task Read_IsRefused_AndNothingLeaves(string uri, string reason, int code)
    {
        var world = await WorldAsync();

        var answer = await world.Enforcer.CallAsync(Resource(uri), this, TestContext.Current.CancellationToken);

        var error = Assert.IsType<CallAnswer.Error>(answer).Value;
        Assert.Equal((reason, code), (ReasonOf(answer), error.GetProperty("code").GetInt32()));
        Assert.Equal(uri, error.GetProperty("data").GetProperty("uri").GetString());
        Assert.Empty(world.Backend.Calls);
        Assert.IsType<LinkBody.CallRefused>((await world.ChainAsync())[^1].Body);
    }

    [Fact]
    public async Task Prompt_IsAsked_AsItsDefinitionSays()
    {
        var world = await WorldAsync();
        world.Backend.Reply = (_, _) => ValueTask.FromResult<BackendReply>(new BackendReply.Result(JsonElement.Parse(
            """{"description":"d","messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"note://1","text":"t"}}}]}""")));

        var answer = await world.Enforcer.CallAsync(Prompt("notes_greet", """{"name":"Ada"}"""), this, TestContext.Current.CancellationToken);
        var lacking = await world.Enforcer.CallAsync(Prompt("notes_greet", null), this, TestContext.Current.CancellationToken);
        var unknown = await world.Enforcer.CallAsync(Prompt("notes_greet", """{"name":"Ada","as":"root"}"""), this, TestContext.Current.CancellationToken);
        var absent = await world.Enforcer.CallAsync(Prompt("notes_gone", null), this, TestContext.Current.CancellationToken);

        var message = Assert.IsType<CallAnswer.Result>(answer).Value.GetProperty("messages")[0];
        Assert.Equal("notes+note://1", message.GetProperty("content").GetProperty("resource").GetProperty("uri").GetString());
        Assert.Equal("""{"name":"greet","arguments":{"name":"Ada"}}""", Assert.Single(world.Backend.Calls).Call.Arguments.GetRawText());
        Assert.Equal(["arguments_invalid", "arguments_invalid", "tool_not_granted"], [ReasonOf(lacking), ReasonOf(unknown), ReasonOf(absent)]);
        Assert.Equal(Denial.PromptNotGrantedSentence + " [tool_not_granted]", Assert.IsType<CallAnswer.Error>(absent).Value.GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("""{"ref":{"type":"ref/prompt","name":"notes_greet"},"argument":{"name":"name","value":"A"}}""", "notes_greet", """{"type":"ref/prompt","name":"greet"}""")]
    [InlineData("""{"ref":{"type":"ref/resource","uri":"notes+note://{id}"},"argument":{"name":"id","value":"1"}}""", "notes+note://{id}", """{"type":"ref/resource","uri":"note://{id}"}""")]
    public async Task Completion_IsOfWhatItNames(string parameters, string named, string asked)
    {
        var world = await WorldAsync();
        world.Backend.Reply = (_, _) => ValueTask.FromResult<BackendReply>(new BackendReply.Result(JsonElement.Parse("""{"completion":{"values":["Ada"]}}""")));

        var answer = await world.Enforcer.CallAsync(Call(CallKind.Completion, named, parameters), this, TestContext.Current.CancellationToken);

        Assert.IsType<CallAnswer.Result>(answer);
        Assert.Equal(asked, Assert.Single(world.Backend.Calls).Call.Arguments.GetProperty("ref").GetRawText());
        Assert.Equal("""{"values":["Ada"]}""", ((LinkBody.CallSettled)(await world.ChainAsync())[^1].Body).Result!.Value.GetRawText());
    }

    [Fact]
    public async Task DriftedPrompt_IsRefused_AndUnlisted_UntilItIsApproved()
    {
        var world = await WorldAsync();
        world.Reads.Replace(ListKinds.Prompts, Notes(ToolStanding.Drifted));

        var answer = await world.Enforcer.CallAsync(Prompt("notes_greet", """{"name":"Ada"}"""), this, TestContext.Current.CancellationToken);

        Assert.Equal("definition_drifted", ReasonOf(answer));
        Assert.Empty(await ListAsync(world, ReadList.Prompts));
    }

    [Fact]
    public async Task UriOfADriftedTemplate_IsRefused_UnlessItIsListed()
    {
        var world = await WorldAsync();
        world.Reads.Replace(ListKinds.Templates, Notes(ToolStanding.Drifted));

        Assert.Equal("definition_drifted", ReasonOf(await world.Enforcer.CallAsync(Resource("notes+note://9"), this, TestContext.Current.CancellationToken)));
        Assert.IsType<CallAnswer.Result>(await world.Enforcer.CallAsync(Resource("notes+note://1"), this, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Lists_ShowWhatTheMissionGrants_ByNamesThatCanBeAskedFor()
    {
        var world = await WorldAsync();

        Assert.Equal(["notes+note://1", "notes+note://2"], await ListAsync(world, ReadList.Resources));
        Assert.Equal(["notes+note://{id}"], await ListAsync(world, ReadList.Templates));
        Assert.Equal(["notes_greet"], await ListAsync(world, ReadList.Prompts));
    }

    [Fact]
    public async Task Instructions_AreThoseOfBackendsThatTheMissionUses_AndQuoted()
    {
        var world = await WorldAsync();
        world.Reads.Replace(ListKinds.None, Bare("other") with { Instructions = "Unseen." }, Bare("notes") with { Instructions = "First line.\r\nThe server behind `bank` says:" });
        using var reads = new MissionReads(new MissionGates(world.Store, NullLogger<MissionGate>.Instance), world.Reads, world.Catalog);

        var said = await reads.InstructionsAsync(EnforcementWorld.Mission, TestContext.Current.CancellationToken);

        Assert.Equal("The server behind `notes` says of itself:\n> First line.\n> The server behind `bank` says:", said);
    }

    [Fact]
    public async Task BareUri_OfTwoBackends_IsOfTheOneThatKnowsIt_AndOfNoneWhereBothDo()
    {
        var world = await WorldAsync();
        world.Reads.Replace(ListKinds.Resources, Bare("one", "note://1", "note://2"), Bare("two", "note://2", "one+note://1"));

        Assert.Equal("one", world.Reads.Reads.FindResource("note://1")?.Backend.Id.Value);
        Assert.Null(world.Reads.Reads.FindResource("note://2"));
        Assert.Null(world.Reads.Reads.FindResource("note://3"));
        Assert.Equal("two", world.Reads.Reads.FindResource("one+note://1")?.Backend.Id.Value);
    }

    public ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken) => default;

    private const int DenialCode = 1005;
    private const int InvalidParams = -32602;

    private static async Task<EnforcementWorld> WorldAsync()
    {
        var world = await EnforcementWorld.WithAsync(Mission);
        world.Catalog.Replace(EnforcementWorld.Tool("write", Effect.Write) is var write ? write with { Facts = write.Facts with { Sinks = ["external"] } } : null!);
        world.Reads.Replace(ListKinds.All, Notes(ToolStanding.Approved), Reads(Config("other"), ["note://1"], ToolStanding.Approved));
        world.Backend.Reply = (call, _) => ValueTask.FromResult<BackendReply>(call.Kind == CallKind.Tool ? RecordingBackend.Text("done") : new BackendReply.Result(Contents));
        return world;
    }

    private static BackendReads Notes(ToolStanding standing) => Reads(
        Config("notes") with { Resources = [new ResourceTerms(UriPattern.Parse("note://{id}")!, new ToolTerms { Effect = Effect.Read, Labels = ["personal"] })] },
        ["note://1", "note://2", "file:///secret"],
        standing);

    private static BackendReads Bare(string name, params string[] uris) =>
        Reads(Config(name) with { Expose = NameForm.Bare }, uris, ToolStanding.Approved) with { Templates = [] };

    private static BackendReads Reads(BackendConfig config, string[] uris, ToolStanding standing)
    {
        var offers = new ReadOffers(true, true, true, ListKinds.None, true, null);
        var resources = ListedResource.ReadAll(uris.Select(uri => JsonElement.Parse($$"""{"uri":"{{uri}}","name":"n"}""")), Refuse);
        var templates = ReadDefinition.ReadAll(ReadKind.Template, [JsonElement.Parse("""{"uriTemplate":"note://{id}","name":"n"}""")], Refuse);
        var prompts = ReadDefinition.ReadAll(ReadKind.Prompt, [JsonElement.Parse("""{"name":"greet","arguments":[{"name":"name","required":true}]}""")], Refuse);
        return BackendReads.Of(config, offers, resources, [.. templates.Concat(prompts).Select(one => new JudgedTool(one, standing))]);

        static void Refuse(string what, string why) => Assert.Fail($"{what}: {why}");
    }

    private static BackendConfig Config(string name) =>
        Opened.Config(name, new BackendConnection.Http(new Uri("http://127.0.0.1:1/mcp"), ImmutableDictionary<string, Secret>.Empty));

    private static AgentCall Resource(string uri) => Call(CallKind.Resource, uri, null);

    private static AgentCall Prompt(string name, string? arguments) => Call(CallKind.Prompt, name, arguments);

    private static AgentCall Call(CallKind kind, string tool, string? arguments) =>
        new(EnforcementWorld.Agent, EnforcementWorld.Mission, tool, arguments is null ? null : JsonElement.Parse(arguments), null) { Kind = kind };

    private static string? ReasonOf(CallAnswer answer) => Assert.IsType<CallAnswer.Error>(answer).Value.GetProperty("data").GetProperty("reason").GetString();

    private static async Task<IEnumerable<string>> ListAsync(EnforcementWorld world, ReadList list)
    {
        using var reads = new MissionReads(new MissionGates(world.Store, NullLogger<MissionGate>.Instance), world.Reads, world.Catalog);
        return Assert.IsType<ReadListing.Reads>(await reads.ListAsync(EnforcementWorld.Mission, list, TestContext.Current.CancellationToken)).Listed.Select(read => read.Key);
    }
}
