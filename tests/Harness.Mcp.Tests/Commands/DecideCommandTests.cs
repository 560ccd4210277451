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

    private const string Frame = "mission: tell\nobjective: Tell people.\nowner: soc@corp.example\nagents: [soc-responder]\nlifetime: 2h\n";

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

        Assert.Equal((0, "1 chains, 3 calls: 0 newly denied, 0 newly permitted; 0 other reasons, 0 other verdicts in shadow, 0 other notes."), (same.ExitCode, same.LastLine));
        Assert.Equal((1, "1 chains, 3 calls: 1 newly denied, 1 newly permitted; 0 other reasons, 0 other verdicts in shadow, 0 other notes."), (different.ExitCode, different.LastLine));
        Assert.Contains("link 4 mail/send_internal: newly denied: deny, flow_forbidden by no-leak", different.Output, StringComparison.Ordinal);
        Assert.Contains("link 6 mail/send: newly permitted, denied before: deny, flow_forbidden by no-leak", different.Output, StringComparison.Ordinal);
        Assert.Equal(["deny", "permit"], JsonElement.Parse(json.Output).GetProperty("differences").EnumerateArray().Select(one => one.GetProperty("b").GetProperty("verdict").GetString()));
    }

    [Fact]
    public async Task Diff_ShowsOtherReasons_OfCallsThatBothDecideAlike()
    {
        await Fill();
        _home.Write("a.yaml", Document);
        _home.Write("b.yaml", Document.Replace("id: no-leak\n    flow: { label: personal, to: external }", "id: none-outside\n    on: [mail/send]\n    forbid: 'true'", StringComparison.Ordinal));
        _home.Write("c.yaml", Document + "\n    say: Stay inside.");

        var rule = await Diff("a.yaml", "b.yaml");
        var words = await Diff("a.yaml", "c.yaml");
        var strict = await Diff("a.yaml", "c.yaml", "--strict");
        var same = await Diff("a.yaml", "a.yaml", "--strict");
        var json = JsonElement.Parse((await Diff("a.yaml", "b.yaml", "--format", "json")).Output);

        Assert.Equal((0, "1 chains, 3 calls: 0 newly denied, 0 newly permitted; 1 other reason, 0 other verdicts in shadow, 0 other notes."), (rule.ExitCode, rule.LastLine));
        Assert.Contains("link 6 mail/send: denied by both, now forbidden by none-outside: \"", rule.Output, StringComparison.Ordinal);
        Assert.Contains("; before flow_forbidden by no-leak, because of link 2: \"", rule.Output, StringComparison.Ordinal);
        Assert.Contains("denied by both, now flow_forbidden by no-leak, because of link 2: \"Stay inside.\"; before", words.Output, StringComparison.Ordinal);
        Assert.Equal((0, 1, 0), (words.ExitCode, strict.ExitCode, same.ExitCode));
        Assert.Equal((0, 1, 0, 0), (json.GetProperty("newlyDenied").GetInt32(), json.GetProperty("otherReasons").GetInt32(), json.GetProperty("otherShadow").GetInt32(), json.GetProperty("otherNotes").GetInt32()));
        var one = Assert.Single(json.GetProperty("differences").EnumerateArray());
        Assert.Equal(("reason", "no-leak", "none-outside"), (one.GetProperty("kind").GetString(), one.GetProperty("a").GetProperty("rule").GetString(), one.GetProperty("b").GetProperty("rule").GetString()));
    }

    [Fact]
    public async Task Diff_ShowsWhatRulesInShadowWouldSay()
    {
        await Fill();
        _home.Write("a.yaml", Document);
        _home.Write("b.yaml", Document + "\n  - id: stay\n    enforce: false\n    flow: { label: personal, to: internal }");

        var added = await Diff("a.yaml", "b.yaml");
        var removed = await Diff("b.yaml", "a.yaml", "--strict");
        var json = JsonElement.Parse((await Diff("a.yaml", "b.yaml", "--format", "json")).Output);

        Assert.Equal((0, "1 chains, 3 calls: 0 newly denied, 0 newly permitted; 0 other reasons, 1 other verdict in shadow, 0 other notes."), (added.ExitCode, added.LastLine));
        Assert.Contains("link 4 mail/send_internal: permitted by both, in shadow now flow_forbidden by stay, because of link 2: \"", added.Output, StringComparison.Ordinal);
        Assert.Contains("; before nothing\n", added.Output, StringComparison.Ordinal);
        Assert.Equal(1, removed.ExitCode);
        Assert.Contains("in shadow now nothing; before flow_forbidden by stay", removed.Output, StringComparison.Ordinal);
        var one = Assert.Single(json.GetProperty("differences").EnumerateArray());
        Assert.Equal("shadow", one.GetProperty("kind").GetString());
        Assert.False(one.GetProperty("a").TryGetProperty("shadow", out _));
        Assert.Equal("stay", Assert.Single(one.GetProperty("b").GetProperty("shadow").EnumerateArray()).GetProperty("rule").GetString());
    }

    [Fact]
    public async Task Diff_ShowsNotesOfOneDocumentAlone()
    {
        var asked = await FillAsking();
        const string Asks = "grants:\n  - tools: [mail/send]\n    approval: { by: [lead] }";
        _home.Write("a.yaml", Frame + Asks);
        _home.Write("b.yaml", Frame + Asks.Replace("lead", "boss", StringComparison.Ordinal));

        var text = await _home.RunAsync("decide", asked, "--diff", _home.File("a.yaml"), _home.File("b.yaml"));
        var json = JsonElement.Parse((await _home.RunAsync("decide", asked, "--diff", _home.File("a.yaml"), _home.File("b.yaml"), "--format", "json")).Output);

        Assert.Contains($"{asked}: only now: Link 3 was passed over: `lead` approved link 2, which does not ask them now.\n", text.Output, StringComparison.Ordinal);
        Assert.EndsWith("1 other note.", text.LastLine, StringComparison.Ordinal);
        var note = Assert.Single(json.GetProperty("notes").EnumerateArray());
        Assert.Equal((asked, "b"), (note.GetProperty("mission").GetString(), note.GetProperty("only").GetString()));
    }

    [Fact]
    public async Task Strict_NeedsTwoDocuments_AndHelpSaysWhatItMeans()
    {
        var alone = await _home.RunAsync("decide", "tell", "--strict");
        var help = await _home.RunAsync("decide", "--help");

        Assert.Equal(1, alone.ExitCode);
        Assert.Contains("`--strict` is about two documents: give `--diff A B`.", alone.Error, StringComparison.Ordinal);
        Assert.Contains("with --strict also for the same reasons", help.Output, StringComparison.Ordinal);
        Assert.Contains("for `decide`: no differences", help.Output, StringComparison.Ordinal);
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

    private Task<Ran> Diff(string before, string after, params string[] more) =>
        _home.RunAsync(["decide", "tell", "--diff", _home.File(before), _home.File(after), .. more]);

    /// <summary>A chain of one call that waited for the lead, who approved it.</summary>
    private async Task<string> FillAsking()
    {
        const string Asking = "ask-aaaaaaaaaa";
        var document = DocumentJson.Write(Proxy.Documents.YamlReader.Read(Frame + "grants:\n  - tools: [mail/send]\n    approval: { by: [lead] }", "ask.yaml").Value!);
        var (rules, arguments, tool) = (Digest.Of(document), JsonElement.Parse("{}"), Tool("mail/send", Effect.Send, [], ["external"]));
        await Fill(
            Asking,
            new LinkBody.MissionOpened(document, arguments, rules, Noon.AddHours(2), "ana"),
            new LinkBody.ApprovalRequested(
                new CallId(new Guid(1, 0, 0, new byte[8])), Agent, tool, arguments, Core.Approvals.ApprovalBinding.Of(new MissionId(Asking), Agent, tool, Digest.Of(arguments), rules),
                [new Core.Approvals.ApprovalAsk(new RuleId("grants[0]"), "Its grant asks.", ["lead"])], [], Noon.AddHours(1), rules, RequestTrace.None),
            new LinkBody.ApprovalGranted(2, "lead", ""));
        return Asking;
    }

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

        await Fill(Mission, bodies);
    }

    private async Task Fill(string mission, params LinkBody[] bodies)
    {
        var store = HomeStore.Open(Home.At(_home.Path).Value!, mayCreate: true);
        await using var chains = store.Value!;
        var previous = Digest.Zero;
        for (var index = 0; index < bodies.Length; index++)
        {
            var link = LinkCodec.Seal(new Link(new MissionId(mission), index + 1, Noon.AddSeconds(index + 1), previous, bodies[index]));
            Assert.IsType<AppendResult.Appended>(await chains.AppendAsync(new MissionId(mission), index, [link], TestContext.Current.CancellationToken));
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
