using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Store;
using Xunit;

namespace Harness.Mcp.Tests.Commands;

public sealed class ObligationCommandTests : IDisposable
{
    private readonly HomeFolder _home = new();

    public ObligationCommandTests() => _home.Write("missions/lend.yaml", """
        mission: lend
        objective: Lend rights for a while.
        owner: soc@corp.example
        agents: [soc-responder]
        lifetime: 2h
        grants:
          - tools: [directory/elevate, directory/revoke]
        rules:
          - { id: give-back, on: [directory/elevate], then: { tools: [directory/revoke], same: [user], within: 1h, otherwise: run } }
        """);

    [Fact]
    public async Task MissionShow_TellsWhatTheMissionOwes_AndChainShowWhatBecameOfIt()
    {
        var mission = new MissionId((await _home.RunAsync("mission", "open", "lend")).Output.Trim());
        var call = new CallId(Guid.CreateVersion7());
        var arguments = JsonElement.Parse("""{"user":"u-1"}""");
        var tool = new ToolFacts { Id = new ToolId(new BackendId("directory"), "elevate"), Domain = "identity", Effect = Effect.Admin, Definition = Digest.Zero };
        var owed = new ObligationId(new RuleId("give-back"), 2);
        await AppendAsync(mission, new LinkBody.CallAdmitted(call, new AgentId("soc-responder"), tool, arguments, Digest.Of(arguments), Digest.Zero, RequestTrace.None));
        await AppendAsync(mission, new LinkBody.CallSettled(call, CallOutcome.Ok, null, null, [], null));

        var open = await _home.RunAsync("mission", "show", "lend");
        await _home.RunAsync("mission", "revoke", "lend");
        await AppendAsync(mission, new LinkBody.ObligationMissed(owed, "The tool to call is not in the catalog."));

        Assert.Matches(
            """owes: +directory/revoke \{"user":"u-1"\} after directory/elevate \(link 2, rule give-back\); by 20.*Z, else the proxy calls it""", open.Output);
        Assert.DoesNotContain("owes:", (await _home.RunAsync("mission", "show", "lend")).Output, StringComparison.Ordinal);
        Assert.Matches(
            "5 .* missed +what rule give-back demands after link 2: The tool to call is not in the catalog.", (await _home.RunAsync("chain", "show", "lend")).Output);
    }

    public void Dispose() => _home.Dispose();

    private async Task AppendAsync(MissionId mission, LinkBody body)
    {
        var store = HomeStore.Open(Home.At(_home.Path).Value!, mayCreate: false);
        await using var chains = store.Value!;
        var token = TestContext.Current.CancellationToken;
        var links = Assert.IsType<ReadResult.Found>(await chains.ReadAsync(mission, 0, 10, token)).Links;
        var link = LinkCodec.Seal(new Link(mission, links.Length + 1, links[^1].Link.Time, links[^1].Digest, body));
        Assert.IsType<AppendResult.Appended>(await chains.AppendAsync(mission, links.Length, [link], token));
    }
}
