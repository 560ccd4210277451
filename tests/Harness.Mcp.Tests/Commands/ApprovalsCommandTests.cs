using System.Text.Json;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Store;
using Xunit;

namespace Harness.Mcp.Tests.Commands;

public sealed class ApprovalsCommandTests : IDisposable
{
    private readonly HomeFolder _home = new();

    public ApprovalsCommandTests() => _home.Write("missions/watch.yaml", """
        mission: watch
        objective: Look at the accounts of one department.
        owner: soc@corp.example
        agents: [soc-responder]
        lifetime: 2h
        grants:
          - tools: [directory/disable_user]
            approval: { by: [soc-lead] }
        """);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task List_NamesWhatWaits_AndForWhom()
    {
        await _home.RunAsync("mission", "open", "watch");
        var nothing = await _home.RunAsync("approvals", "list");
        var request = await ParkAsync();

        var listed = await _home.RunAsync("approvals", "list");

        Assert.Equal("Nothing waits for approval.", nothing.LastLine);
        Assert.Matches($"{request} +directory/disable_user +soc-responder +waiting +soc-lead +20", listed.Output);
    }

    [Fact]
    public async Task Show_ShowsEverythingThatWillBeSent_AndLetsNothingHide()
    {
        var request = await ParkAsync("{\"user\":\"u-1\\u001b[2J\u202Etxet\",\"reason\":\"" + new string('x', 3000) + "\"}");

        var ran = await _home.RunAsync("approvals", "show", request);

        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("mission:    watch: Look at the accounts of one department.", ran.Output, StringComparison.Ordinal);
        Assert.Contains("why:        grants[0]: A person must approve this call first.", ran.Output, StringComparison.Ordinal);
        Assert.Contains(new string('x', 3000), ran.Output, StringComparison.Ordinal);
        Assert.Contains("  \"user\": \"u-1\\u001b[2J\\u{202E}txet\"", ran.Output, StringComparison.Ordinal);
        Assert.Matches("1 +20.* opened", ran.Output);
        Assert.DoesNotContain(ran.Output, character => (char.IsControl(character) && character != '\n') || character == '\u202E');
    }

    [Fact]
    public async Task Grant_NeedsAName_ThatTheRequestAsks()
    {
        var request = await ParkAsync();

        var nameless = await _home.RunAsync("approvals", "grant", request);
        var stranger = await _home.RunAsync("approvals", "grant", request, "--by", "ana");
        var lead = await _home.RunAsync("approvals", "grant", request, "--by", "soc-lead", "--why", "seen the alert");

        Assert.Equal(1, nameless.ExitCode);
        Assert.Contains("--by", nameless.Error, StringComparison.Ordinal);
        Assert.Equal(1, stranger.ExitCode);
        Assert.Contains("does not ask `ana`", stranger.Error, StringComparison.Ordinal);
        Assert.Equal(0, lead.ExitCode);
        Assert.Contains("is granted since link 3", lead.LastLine, StringComparison.Ordinal);
        Assert.Matches("3 .* approved +link 2 by soc-lead: seen the alert", (await _home.RunAsync("chain", "show", "watch")).Output);
        Assert.Equal("whole: 1 mission, 3 links", (await _home.RunAsync("chain", "verify")).LastLine);
    }

    [Fact]
    public async Task Refuse_IsTold_AndEndsTheRequest()
    {
        var request = await ParkAsync();

        var refused = await _home.RunAsync("approvals", "refuse", request, "--by", "soc-lead");
        var granted = await _home.RunAsync("approvals", "grant", request, "--by", "soc-lead");

        Assert.Contains("is refused since link 3", refused.LastLine, StringComparison.Ordinal);
        Assert.Equal(1, granted.ExitCode);
        Assert.Contains("refused already", granted.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("watch", 1, "MISSION/NUMBER")]
    [InlineData("watch/x", 1, "MISSION/NUMBER")]
    [InlineData("watch/1", 1, "no open request")]
    [InlineData("other/2", 2, "There is no mission `other`")]
    public async Task Request_ThatIsNone_IsRefusedWithWhatToDo(string request, int exitCode, string complaint)
    {
        await ParkAsync();

        var ran = await _home.RunAsync("approvals", "show", request);

        Assert.Equal(exitCode, ran.ExitCode);
        Assert.Contains(complaint, ran.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _home.Dispose();

    private async Task<string> ParkAsync(string arguments = """{"user":"u-1"}""")
    {
        var mission = new MissionId((await _home.RunAsync("mission", "open", "watch")).Output.Trim());
        var tool = new ToolFacts { Id = new ToolId(new BackendId("directory"), "disable_user"), Domain = "identity", Effect = Effect.Write, Definition = Digest.Zero };
        var agent = new AgentId("soc-responder");
        var json = JsonElement.Parse(arguments);

        var store = HomeStore.Open(Home.At(_home.Path).Value!, mayCreate: false);
        await using var chains = store.Value!;
        var first = Assert.IsType<ReadResult.Found>(await chains.ReadAsync(mission, 0, 10, Token)).Links[0];
        var asked = new LinkBody.ApprovalRequested(
            new CallId(Guid.CreateVersion7()), agent, tool, json, ApprovalBinding.Of(mission, agent, tool, Digest.Of(json), Digest.Zero),
            [new ApprovalAsk(new RuleId("grants[0]"), "A person must approve this call first.", ["soc-lead"])], [], first.Link.Time.AddHours(1), Digest.Zero, RequestTrace.None);
        var link = LinkCodec.Seal(new Link(mission, 2, first.Link.Time, first.Digest, asked));
        Assert.IsType<AppendResult.Appended>(await chains.AppendAsync(mission, 1, [link], Token));
        return $"{mission}/2";
    }
}
