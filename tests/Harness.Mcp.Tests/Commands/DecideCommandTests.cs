using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Store;
using Xunit;

namespace Harness.Mcp.Tests.Commands;

/// <summary>One recorded chain: a personnel file was read, one message went inside, and one to the outside was refused.</summary>
public sealed class DecideCommandTests : IDisposable
{
    private const string Document = """
        mission: tell
        objective: Tell people.
        owner: soc@corp.example
        agents: [soc-responder]
        lifetime: 2h
        grants:
          - read: [hr/get_employee]
          - tools: [mail/send, mail/send_internal]
        rules:
          - id: no-leak
            flow: { label: personal, to: external }
        """;

    private const string Mission = "tell-aaaaaaaaaa";

    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    private static readonly AgentId Agent = new("soc-responder");

    private readonly HomeFolder _home = new();

    [Fact]
    public async Task Chain_IsDecidedAsRecorded_ByItsOwnDocument_FromStoreAndFile()
    {
        await Fill();
        await _home.RunAsync("chain", "export", Mission, "--out", _home.File("chain.jsonl"));

        var fromStore = await _home.RunAsync("decide", "tell");
        var fromFile = await _home.RunAsync("decide", _home.File("chain.jsonl"), "--home", _home.File("nowhere"));

        Assert.Equal(0, fromStore.ExitCode);
        Assert.Equal(fromStore, fromFile);
        Assert.Equal(
            [
                $"{Mission} link 2 hr/get_employee: permit",
                $"{Mission} link 4 mail/send_internal: permit",
                $"{Mission} link 6 mail/send: deny, flow_forbidden by no-leak, because of link 2: \"This mission has read data labelled `personal`, so nothing may go to `external` any more; finish inside, without this call.\"",
                $"{Mission}: 3 calls, 1 denied, 0 decided otherwise than recorded.",
            ],
            fromStore.Output.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task AnotherDocument_ShowsWhatItWouldHaveDecided()
    {
        await Fill();
        _home.Write("tight.yaml", Document.Replace("to: external", "to: internal", StringComparison.Ordinal));

        var text = await _home.RunAsync("decide", "tell", "--mission", _home.File("tight.yaml"));
        var json = await _home.RunAsync("decide", "tell", "--mission", _home.File("tight.yaml"), "--format", "json");

        Assert.Equal(1, text.ExitCode);
        Assert.Contains("link 4 mail/send_internal: deny, flow_forbidden by no-leak, because of link 2:", text.Output, StringComparison.Ordinal);
        Assert.Contains("link 6 mail/send: permit (recorded: deny, flow_forbidden by no-leak, because of link 2: ", text.Output, StringComparison.Ordinal);
        Assert.EndsWith("3 calls, 1 denied, 2 decided otherwise than recorded.", text.LastLine, StringComparison.Ordinal);
        var calls = JsonElement.Parse(json.Output).GetProperty("chains")[0].GetProperty("calls");
        Assert.Equal(["permit", "deny", "permit"], calls.EnumerateArray().Select(call => call.GetProperty("now").GetProperty("verdict").GetString()));
        Assert.Equal(["permit", "permit", "deny"], calls.EnumerateArray().Select(call => call.GetProperty("recorded").GetProperty("verdict").GetString()));
        Assert.Equal("flow_forbidden", calls[1].GetProperty("now").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Diff_ShowsWhatOnlyOneOfTwoDocumentsPermits()
    {
        await Fill();
        _home.Write("a.yaml", Document);
        _home.Write("b.yaml", Document.Replace("to: external", "to: internal", StringComparison.Ordinal));

        var same = await _home.RunAsync("decide", "tell", "--diff", _home.File("a.yaml"), _home.File("a.yaml"));
        var different = await _home.RunAsync("decide", "tell", "--diff", _home.File("a.yaml"), _home.File("b.yaml"));
        var json = await _home.RunAsync("decide", "tell", "--diff", _home.File("a.yaml"), _home.File("b.yaml"), "--format", "json");

        Assert.Equal((0, "1 chains, 3 calls: 0 newly denied, 0 newly permitted."), (same.ExitCode, same.LastLine));
        Assert.Equal((1, "1 chains, 3 calls: 1 newly denied, 1 newly permitted."), (different.ExitCode, different.LastLine));
        Assert.Contains("link 4 mail/send_internal: newly denied: deny, flow_forbidden by no-leak", different.Output, StringComparison.Ordinal);
        Assert.Contains("link 6 mail/send: newly permitted, denied before: deny, flow_forbidden by no-leak", different.Output, StringComparison.Ordinal);
        Assert.Equal(["deny", "permit"], JsonElement.Parse(json.Output).GetProperty("differences").EnumerateArray().Select(one => one.GetProperty("b").GetProperty("verdict").GetString()));
    }

    [Fact]
    public async Task ChainOrDocumentThatCannotBeUsed_IsNamed()
    {
        await Fill();
        await _home.RunAsync("chain", "export", Mission, "--out", _home.File("chain.jsonl"));
        var lines = await File.ReadAllLinesAsync(_home.File("chain.jsonl"), TestContext.Current.CancellationToken);
        _home.Write("gap.jsonl", string.Join('\n', lines.Where((_, index) => index != 1)));
        _home.Write("noise.jsonl", "{}");
        _home.Write("wrong.yaml", "mission: tell");
        _home.Write("inputs.yaml", Document.Replace("grants:", "inputs: { ticket: { type: string } }\ngrants:", StringComparison.Ordinal));

        await Refused("is link 3, so a link is missing", "decide", _home.File("gap.jsonl"));
        await Refused("Line 1 of", "decide", _home.File("noise.jsonl"));
        await Refused("There is no file", "decide", _home.File("nothing.jsonl"));
        await Refused("There is no mission `nothing`", "decide", "nothing");
        await Refused("lacks `owner`", "decide", "tell", "--mission", _home.File("wrong.yaml"));
        await Refused("The input is missing.", "decide", "tell", "--mission", _home.File("inputs.yaml"));
        var both = await _home.RunAsync("decide", "tell", "--mission", _home.File("inputs.yaml"), "--diff", _home.File("inputs.yaml"), _home.File("inputs.yaml"));
        Assert.Contains("either `--mission` or `--diff`", both.Error, StringComparison.Ordinal);

        async Task Refused(string why, params string[] arguments)
        {
            var ran = await _home.RunAsync(arguments);
            Assert.Equal(2, ran.ExitCode);
            Assert.Contains(why, ran.Error, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _home.Dispose();

    private async Task Fill()
    {
        var document = DocumentJson.Write(Proxy.Documents.YamlReader.Read(Document, "tell.yaml").Value!);
        var (rules, arguments) = (Digest.Of(document), JsonElement.Parse("""{ "user": "u1" }"""));
        var (file, inside) = (new CallId(new Guid(1, 0, 0, new byte[8])), new CallId(new Guid(2, 0, 0, new byte[8])));
        LinkBody[] bodies =
        [
            new LinkBody.MissionOpened(document, JsonElement.Parse("{}"), rules, Noon.AddHours(2), "ana"),
            new LinkBody.CallAdmitted(file, Agent, Tool("hr/get_employee", Effect.Read, ["personal"], []), arguments, rules, rules, RequestTrace.None),
            new LinkBody.CallSettled(file, CallOutcome.Ok, JsonElement.Parse("""{ "salary": 1 }"""), rules, ["personal"], null),
            new LinkBody.CallAdmitted(inside, Agent, Tool("mail/send_internal", Effect.Send, [], ["internal"]), arguments, rules, rules, RequestTrace.None),
            new LinkBody.CallSettled(inside, CallOutcome.Ok, JsonElement.Parse("{}"), rules, [], null),
            new LinkBody.CallRefused(
                new CallId(new Guid(3, 0, 0, new byte[8])), Agent, "mail_send", Tool("mail/send", Effect.Send, [], ["external"]), arguments,
                new Denial(ReasonCode.FlowForbidden, "Finish inside.") { Rule = new RuleId("no-leak"), Because = [2] }, rules, RequestTrace.None),
        ];

        var store = HomeStore.Open(Home.At(_home.Path).Value!, mayCreate: true);
        await using var chains = store.Value!;
        var previous = Digest.Zero;
        for (var index = 0; index < bodies.Length; index++)
        {
            var link = LinkCodec.Seal(new Link(new MissionId(Mission), index + 1, Noon.AddSeconds(index + 1), previous, bodies[index]));
            Assert.IsType<AppendResult.Appended>(await chains.AppendAsync(new MissionId(Mission), index, [link], TestContext.Current.CancellationToken));
            previous = link.Digest;
        }
    }

    private static ToolFacts Tool(string id, Effect effect, string[] labels, string[] sinks) => new()
    {
        Id = ((ToolSelector.ByName)ToolSelector.Parse(id)!).Tool,
        Domain = "data",
        Effect = effect,
        Labels = new ResultLabels([.. labels], []),
        Sinks = [.. sinks],
        Definition = Digest.Zero,
    };
}
