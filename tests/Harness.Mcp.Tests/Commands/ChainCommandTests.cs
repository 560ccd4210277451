using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Store;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Harness.Mcp.Tests.Commands;

public sealed class ChainCommandTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    private static readonly Digest Rules = Digest.Of("rules"u8);
    private static readonly AgentId Agent = new("soc-responder");
    private static readonly CallId Call = new(Guid.Parse("0198c0de-0000-7000-8000-000000000001"));

    private static readonly ToolFacts Siem = new() { Id = new ToolId(new BackendId("siem"), "get_alert"), Domain = "security", Effect = Effect.Read, Definition = Rules };

    private readonly HomeFolder _home = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Verify_SaysWhole_WithCounts()
    {
        await Fill("contain-account-aaaaaaaaaa");
        await Fill("answer-ticket-bbbbbbbbbb");

        var ran = await _home.RunAsync("chain", "verify");

        Assert.Equal(0, ran.ExitCode);
        Assert.Equal("whole: 2 missions, 8 links", ran.LastLine);
        Assert.Contains("contain-account-aaaaaaaaaa: 4 links, last digest sha-256:", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_TakesTheBeginningOfAnId()
    {
        await Fill("contain-account-aaaaaaaaaa");
        await Fill("contain-account-bbbbbbbbbb");

        var one = await _home.RunAsync("chain", "verify", "contain-account-b");
        var ambiguous = await _home.RunAsync("chain", "verify", "contain");
        var none = await _home.RunAsync("chain", "verify", "nothing");

        Assert.Equal("whole: 1 mission, 4 links", one.LastLine);
        Assert.Equal(2, ambiguous.ExitCode);
        Assert.Contains("2 missions begin with `contain`", ambiguous.Error, StringComparison.Ordinal);
        Assert.Equal(2, none.ExitCode);
        Assert.Contains("There is no mission `nothing`", none.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_NamesTheBrokenLink_OfAChangedFile()
    {
        await Fill("contain-account-aaaaaaaaaa");
        await Fill("answer-ticket-bbbbbbbbbb");
        Tamper("DELETE FROM links WHERE version = 2 AND mission = (SELECT id FROM missions WHERE name LIKE 'answer%')");

        var ran = await _home.RunAsync("chain", "verify");

        Assert.Equal(1, ran.ExitCode);
        Assert.Equal("broken: 1 of 2 missions", ran.LastLine);
        Assert.Contains("answer-ticket-bbbbbbbbbb: broken at link 2.", ran.Output, StringComparison.Ordinal);
        Assert.Contains("Keep a copy", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_NeverCallsAMissingFileWhole()
    {
        var ran = await _home.RunAsync("chain", "verify");

        Assert.Equal(2, ran.ExitCode);
        Assert.Contains("There is no chain file", ran.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_home.File("state/chain.db")));
    }

    [Fact]
    public async Task Show_TellsEachLink_OnALineOfItsOwn()
    {
        await Fill("contain-account-aaaaaaaaaa");

        var ran = await _home.RunAsync("chain", "show", "contain");

        Assert.Equal(0, ran.ExitCode);
        var lines = ran.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.Matches("1 +2026-11-24 12:00:01.000Z +opened .*by ana.*ALR-1000", lines[1]);
        Assert.Matches("2 .* permitted +siem/get_alert +.*ALR-1000.* by soc-responder", lines[2]);
        Assert.Matches("3 .* ok +siem/get_alert +answers link 2; labels untrusted", lines[3]);
        Assert.Matches("4 .* denied +mail/send +flow_forbidden by rule no-leak for argument to; because of links 2, 3; \"Hand it to people.\"", lines[4]);
    }

    [Fact]
    public async Task Show_TellsWhatATool_AskedOfItsAgent()
    {
        await Append(
            "book-trip-aaaaaaaaaa",
            new LinkBody.MissionOpened(JsonElement.Parse("{}"), JsonElement.Parse("{}"), Rules, Noon.AddHours(2), "ana"),
            new LinkBody.CallAdmitted(Call, Agent, Siem, JsonElement.Parse("{}"), Rules, Rules, RequestTrace.None) { MayAsk = AgentInputs.Elicitation | AgentInputs.Sampling },
            new LinkBody.InputAsked(Call, 1, AgentInputs.Elicitation, JsonElement.Parse("""{"q":"Which seat?"}"""), ["personal"], Noon.AddMinutes(5), false),
            new LinkBody.InputGiven(Call, 1, JsonElement.Parse("""{"q":{"action":"accept","content":{"seat":"7C"}}}"""), Rules, ["untrusted"]),
            new LinkBody.InputAsked(Call, 2, AgentInputs.Sampling, JsonElement.Parse("{}"), [], Noon.AddMinutes(5), true),
            new LinkBody.InputRefused(Call, 2, new Denial(ReasonCode.InputNotGiven, "No answer came.")),
            new LinkBody.CallSettled(Call, CallOutcome.Unknown, null, null, [], "Given up."));

        var shown = await _home.RunAsync("chain", "show", "book");
        var verified = await _home.RunAsync("chain", "verify", "book");

        var lines = shown.Output.TrimEnd('\n').Split('\n');
        Assert.Matches("3 .* asks agent +siem/get_alert +.*1.*until .*12:05.*labels personal; .*Which seat", lines[3]);
        Assert.Matches("4 .* agent answers +siem/get_alert +.*1.*labels untrusted; .*7C", lines[4]);
        Assert.Matches("6 .* no answer +siem/get_alert +.*2.*input_not_given; \"No answer came.\"", lines[6]);
        Assert.Equal("whole: 1 mission, 7 links", verified.LastLine);
    }

    [Fact]
    public async Task Show_TellsOfACallThatIsAnsweredLater()
    {
        await Append(
            "book-trip-aaaaaaaaaa",
            new LinkBody.MissionOpened(JsonElement.Parse("{}"), JsonElement.Parse("{}"), Rules, Noon.AddHours(2), "ana"),
            new LinkBody.CallAdmitted(Call, Agent, Siem, JsonElement.Parse("{}"), Rules, Rules, RequestTrace.None),
            new LinkBody.TaskOpened(Call, "the-backends-own-id", Noon.AddMinutes(5), null, []),
            new LinkBody.TaskReported(Call, Noon.AddMinutes(6), "Half done.", ["personal"]),
            new LinkBody.CallSettled(Call, CallOutcome.Ok, JsonElement.Parse("1"), Rules, ["personal"], null));

        var shown = await _home.RunAsync("chain", "show", "book");
        var verified = await _home.RunAsync("chain", "verify", "book");

        var lines = shown.Output.TrimEnd('\n').Split('\n');
        Assert.Matches("3 .* answers later +siem/get_alert +task of link 2, until .*12:05", lines[3]);
        Assert.Matches("4 .* reports +siem/get_alert +task of link 2, until .*12:06.*; labels personal; \"Half done.\"", lines[4]);
        Assert.DoesNotContain("the-backends-own-id", shown.Output, StringComparison.Ordinal);
        Assert.Equal("whole: 1 mission, 5 links", verified.LastLine);
    }

    [Fact]
    public async Task Show_LetsNoDataSteerTheTerminal()
    {
        var hostile = "\u001b[2J\u001b]0;owned\u0007\u202Egnp\u2066\u0085\u200b";
        await Fill("contain-account-aaaaaaaaaa", hostile);

        var ran = await _home.RunAsync("chain", "show", "contain");

        Assert.Contains("\\u{1B}[2J\\u{1B}]0;owned\\u{7}\\u{202E}gnp\\u{2066}\\u{85}\\u{200B}", ran.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(ran.Output, character => char.IsControl(character) && character != '\n');
        Assert.DoesNotContain('\u202E', ran.Output);
    }

    [Fact]
    public async Task Show_ShowsWhatCanBeRead_OfABrokenChain()
    {
        await Fill("contain-account-aaaaaaaaaa");
        Tamper("UPDATE links SET record = x'7b7d' WHERE version = 3");

        var ran = await _home.RunAsync("chain", "show", "contain");

        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("unreadable", ran.Output, StringComparison.Ordinal);
        Assert.Contains("denied", ran.Output, StringComparison.Ordinal);
        Assert.Contains("broken at link 3", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_WritesLines_WhoseDigestsTheNextLineNames()
    {
        await Fill("contain-account-aaaaaaaaaa");
        var file = _home.File("export.jsonl");

        var ran = await _home.RunAsync("chain", "export", "contain", "--out", file);
        var again = await _home.RunAsync("chain", "export", "contain", "--out", file);

        Assert.Equal(0, ran.ExitCode);
        var previous = Digest.Zero;
        var lines = await File.ReadAllLinesAsync(file, Token);
        Assert.Equal(4, lines.Length);
        foreach (var line in lines)
        {
            Assert.Equal(previous.Value, JsonElement.Parse(line).GetProperty("previous").GetString());
            previous = Digest.Of(Encoding.UTF8.GetBytes(line));
        }

        Assert.Equal(1, again.ExitCode);
        Assert.Contains("exists", again.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"ChainStore\": { \"Engine\": \"memory\" } }", "memory of `harness run`")]
    [InlineData("{ \"ChainStore\": { \"AppendTimeout\": \"00:01:00\", \"WaitingMax\": 0 } }", "ChainStore:WaitingMax")]
    [InlineData("{ \"ChainStore\": { \"Pathh\": \"x\" } }", "Pathh")]
    [InlineData("{ nonsense", "harness.json")]
    public async Task Settings_ThatAreWrong_AreNamed(string settings, string complaint)
    {
        _home.Write("harness.json", settings);

        var ran = await _home.RunAsync("chain", "verify");

        Assert.Equal(2, ran.ExitCode);
        Assert.Contains(complaint, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_MayNameAnotherFile()
    {
        await Fill("contain-account-aaaaaaaaaa");
        Directory.Move(_home.File("state"), _home.File("elsewhere"));
        _home.Write("harness.json", """{ "ChainStore": { "Path": "elsewhere/chain.db" } }""");

        Assert.Equal(0, (await _home.RunAsync("chain", "verify")).ExitCode);
    }

    [Fact]
    public async Task Home_ThatIsNone_IsRefusedWithWhatToDo()
    {
        var nowhere = await _home.RunAsync("chain", "verify", "--home", _home.File("nowhere"));
        var empty = await _home.RunAsync("chain", "verify", "--home", Directory.CreateDirectory(_home.File("empty")).FullName);

        Assert.Equal(2, nowhere.ExitCode);
        Assert.Contains("There is no such folder. Name the home with `--home DIR`", nowhere.Error, StringComparison.Ordinal);
        Assert.Contains("This folder is no home", empty.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_TellsWhatRulesInShadowWouldHaveDenied()
    {
        await Fill("contain-account-aaaaaaaaaa", shadow: [new Denial(ReasonCode.BudgetExhausted, "No more.") { Rule = new RuleId("guardrails/few"), Because = [2] }]);

        var shown = await _home.RunAsync("chain", "show", "contain");

        Assert.Matches("permitted +siem/get_alert .*; in shadow: budget_exhausted by rule guardrails/few; because of link 2", shown.Output);
    }

    [Fact]
    public async Task Help_EndsWithExitCodes()
    {
        Assert.Contains("Exit codes:", (await _home.RunAsync("chain", "verify", "--help")).Output, StringComparison.Ordinal);
    }

    public void Dispose() => _home.Dispose();

    private Task Fill(string name, string say = "Hand it to people.", params ImmutableArray<Denial> shadow)
    {
        var mail = ToolFacts.Widest(new ToolId(new BackendId("mail"), "send"), "office", Rules);
        return Append(
            name,
            new LinkBody.MissionOpened(JsonElement.Parse("{}"), JsonElement.Parse("""{"alert":"ALR-1000"}"""), Rules, Noon.AddHours(2), "ana"),
            new LinkBody.CallAdmitted(Call, Agent, Siem, JsonElement.Parse("""{"id":"ALR-1000"}"""), Rules, Rules, RequestTrace.None) { Shadow = shadow },
            new LinkBody.CallSettled(Call, CallOutcome.Ok, JsonElement.Parse("""{"user":"u-1"}"""), Rules, ["untrusted"], null),
            new LinkBody.CallRefused(
                new CallId(Guid.CreateVersion7()), Agent, "mail_send", mail, JsonElement.Parse("{}"),
                new Denial(ReasonCode.FlowForbidden, say) { Rule = new RuleId("no-leak"), Argument = "to", Because = [2, 3] }, Rules, RequestTrace.None));
    }

    private async Task Append(string name, params LinkBody[] bodies)
    {
        var mission = new MissionId(name);
        var home = Home.At(_home.Path);
        var store = HomeStore.Open(home.Value!, mayCreate: true);
        await using var chains = store.Value!;
        var previous = Digest.Zero;
        for (var index = 0; index < bodies.Length; index++)
        {
            var link = LinkCodec.Seal(new Link(mission, index + 1, Noon.AddSeconds(index + 1), previous, bodies[index]));
            Assert.IsType<AppendResult.Appended>(await chains.AppendAsync(mission, index, [link], Token));
            previous = link.Digest;
        }
    }

    private void Tamper(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_home.File("state/chain.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "DROP TRIGGER links_never_change; DROP TRIGGER links_never_vanish;" + sql;
        command.ExecuteNonQuery();
    }
}
