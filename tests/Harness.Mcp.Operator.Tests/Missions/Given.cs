using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Operator.Missions;
using Harness.Mcp.Proxy.Documents;
using Harness.Mcp.Store;
using Xunit;

namespace Harness.Mcp.Operator.Tests.Missions;

internal static class Given
{
    private const string Document = """
        mission: watch
        objective: Look at the accounts of one department.
        owner: soc@corp.example
        agents: [soc-responder]
        lifetime: 2h
        grants:
          - read: ["domain:identity"]
        """;

    public static MissionTemplate Template { get; } = Parse(Document);

    public static MissionTemplate ShortTemplate { get; } = Parse(Document.Replace("2h", "1s", StringComparison.Ordinal));

    /// <summary>A new mission in a store.</summary>
    public static async Task<MissionId> OpenAsync(IChainStore store, MissionTemplate? template = null) =>
        Assert.IsType<OpenAnswer.Opened>(await new MissionDesk(store).OpenAsync(template ?? Template, [], "ana", TestContext.Current.CancellationToken)).Mission;

    public static async Task<IReadOnlyList<Link>> LinksAsync(IChainStore store, MissionId mission) =>
        [.. Assert.IsType<ReadResult.Found>(await store.ReadAsync(mission, 0, 10_000, TestContext.Current.CancellationToken)).Links.Select(link => link.Link)];

    /// <summary>Appends one fact, as a proxy would.</summary>
    public static async Task AppendAsync(IChainStore store, MissionId mission, LinkBody body)
    {
        var chain = Assert.IsType<ReadResult.Found>(await store.ReadAsync(mission, 0, 10_000, TestContext.Current.CancellationToken)).Links;
        var link = LinkCodec.Seal(new Link(mission, chain.Length + 1, store.Now, chain[^1].Digest, body));
        Assert.IsType<AppendResult.Appended>(await store.AppendAsync(mission, chain.Length, [link], TestContext.Current.CancellationToken));
    }

    public static LinkBody.CallRefused Refused() => new(
        new CallId(Guid.CreateVersion7()), new AgentId("soc-responder"), "mail_send", null, null,
        new Denial(ReasonCode.ToolNotGranted, "No tool of this name is granted to this mission."), Digest.Zero, RequestTrace.None);

    public static LinkBody.CallAdmitted Admitted(CallId call) => new(
        call, new AgentId("soc-responder"),
        new ToolFacts { Id = new ToolId(new BackendId("directory"), "get_user"), Domain = "identity", Effect = Effect.Read, Definition = Digest.Zero },
        System.Text.Json.JsonElement.Parse("""{"user":"u-1"}"""), Digest.Zero, Digest.Zero, RequestTrace.None);

    public static LinkBody.CallSettled Settled(CallId call) => new(call, CallOutcome.Ok, null, null, [], null);

    private static MissionTemplate Parse(string text)
    {
        var document = YamlReader.Read(text, "watch.yaml");
        Assert.True(document.IsValid, string.Join('\n', document.Problems));
        var template = MissionParser.Parse(document.Value);
        Assert.True(template.IsValid, string.Join('\n', template.Problems));
        return template.Value;
    }
}
