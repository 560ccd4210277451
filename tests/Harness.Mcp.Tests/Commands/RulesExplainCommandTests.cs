using System.Text.Json;
using Xunit;

namespace Harness.Mcp.Tests.Commands;

public sealed class RulesExplainCommandTests : IDisposable
{
    private readonly HomeFolder _home = new();

    public RulesExplainCommandTests() => _home.Write("rules.yaml", """
        rules:
          - { id: few, on: [mail/send], budget: { max: 3 } }
          - { id: little, on: [mail/send], budget: { sum: call.args.amount, max: 3 } }
        """);

    [Fact]
    public async Task Text_TellsMeaningCelStateAndCost()
    {
        var ran = await _home.RunAsync("rules", "explain", _home.File("rules.yaml"));

        Assert.Equal(0, ran.ExitCode);
        Assert.Matches("means +Over the whole mission, at most 3 calls of `mail/send` are permitted\\.", ran.Output);
        Assert.Matches("in CEL +chain\\.filter\\(l, l\\.tool == \"mail/send\"\\)\\.size\\(\\) < 3", ran.Output);
        Assert.Matches("in CEL +CEL's standard library cannot add up a list; added up are the `amount` of `chain\\.filter\\(", ran.Output);
        Assert.Matches("keeps +how many calls it judged", ran.Output);
        Assert.Matches("costs +a call: one look-up; a link: one update", ran.Output);
    }

    [Fact]
    public async Task Json_TellsTheSame()
    {
        var ran = await _home.RunAsync("rules", "explain", _home.File("rules.yaml"), "--format", "json");

        var rules = JsonElement.Parse(ran.Output).GetProperty("rules");
        Assert.Equal("few", rules[0].GetProperty("id").GetString());
        Assert.Equal("chain.filter(l, l.tool == \"mail/send\").size() < 3", rules[0].GetProperty("cel").GetString());
        Assert.False(rules[1].TryGetProperty("cel", out _));
        Assert.Equal("CEL's standard library cannot add up a list; added up are the `amount` of `chain.filter(l, l.tool == \"mail/send\" && has(l.args.amount))` and of the call.", rules[1].GetProperty("whyNoCel").GetString());
        Assert.Equal("one look-up", rules[1].GetProperty("cost").GetProperty("call").GetString());
    }

    [Fact]
    public async Task FileThatIsWrong_IsRefused_AndOneThatIsMissing_CannotBeExplained()
    {
        _home.Write("wrong.yaml", "rules: [{ id: few }]");

        var wrong = await _home.RunAsync("rules", "explain", _home.File("wrong.yaml"));
        var missing = await _home.RunAsync("rules", "explain", _home.File("missing.yaml"));
        var format = await _home.RunAsync("rules", "explain", _home.File("rules.yaml"), "--format", "sarif");

        Assert.Equal((1, 2, 1), (wrong.ExitCode, missing.ExitCode, format.ExitCode));
        Assert.Contains("wrong.yaml:1:9: A rule asks nothing.", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("`--format` takes one of text, json.", format.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _home.Dispose();
}
