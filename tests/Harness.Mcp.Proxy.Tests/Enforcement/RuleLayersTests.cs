using Harness.Mcp.Core.Chains;
using Harness.Mcp.Proxy.Enforcement;
using Xunit;
using static Harness.Mcp.Proxy.Tests.Enforcement.EnforcementWorld;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

/// <summary>Guardrails and terms that change while missions are open.</summary>
public sealed class RuleLayersTests
{
    private const string OneWrite = "owner: security@corp.example\nrules: [{ id: one-write, on: [notes/write], budget: { max: 1 } }]";

    [Fact]
    public async Task GuardrailThatCameLater_CountsWhatWasDoneBefore_FromTheNextCallOn()
    {
        var world = await WithAsync(TwoWrites);
        await world.CallAsync("notes_write");
        world.Rules.Guardrails(OneWrite);

        var answer = await world.CallAsync("notes_write");
        var read = await world.CallAsync("notes_read", "still");

        Assert.Equal("budget_exhausted", Denial(answer, "reason"));
        Assert.Equal("guardrails/one-write", Denial(answer, "rule"));
        Assert.Null(Denial(read, "reason"));
        var kinds = (await world.ChainAsync()).Select(link => link.Body.GetType().Name);
        Assert.Equal(["MissionOpened", "CallAdmitted", "CallSettled", "RulesTightened", "CallRefused", "CallAdmitted", "CallSettled"], kinds);
    }

    [Fact]
    public async Task EveryLink_NamesTheRules_ThatDecidedIt()
    {
        var world = await WithAsync(TwoWrites);
        await world.CallAsync("notes_read");
        world.Rules.Guardrails(OneWrite);
        await world.CallAsync("notes_read");

        var chain = await world.ChainAsync();

        var tightened = chain.Select(link => link.Body).OfType<LinkBody.RulesTightened>().Single();
        var admitted = chain.Select(link => link.Body).OfType<LinkBody.CallAdmitted>().ToList();
        Assert.Equal(((LinkBody.MissionOpened)chain[0].Body).Rules, admitted[0].Rules);
        Assert.Equal(tightened.Rules, admitted[1].Rules);
        Assert.NotEqual(admitted[0].Rules, admitted[1].Rules);
    }

    [Fact]
    public async Task CallsAtOnce_AreAllJudged_ByTheRulesOfNow()
    {
        var world = await WithAsync(TwoWrites);
        world.Rules.Guardrails(OneWrite);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.CallAsync("notes_write")));

        Assert.Single(answers, answer => Denial(answer, "reason") is null);
        Assert.Single(world.Backend.Calls);
        Assert.Single((await world.ChainAsync()).Select(link => link.Body).OfType<LinkBody.RulesTightened>());
    }

    [Fact]
    public async Task AnotherProcess_IsBound_ByRulesThatItsOwnFilesDoNotHave()
    {
        var world = await WithAsync(TwoWrites);
        world.Rules.Guardrails(OneWrite);
        await world.CallAsync("notes_write");
        world.Rules.Current = Core.Layers.RuleSources.None;

        var answer = await CallAsync(world.NewProcess(), "notes_write");

        Assert.Equal("guardrails/one-write", Denial(answer, "rule"));
    }

    [Fact]
    public async Task CallInFlight_Settles_WhenRulesCameInBetween()
    {
        var world = await WithAsync(TwoWrites);
        world.Backend.Reply = async (call, cancellationToken) =>
        {
            if (call.Tool != "write")
                return RecordingBackend.Text("read");
            world.Rules.Guardrails(OneWrite);
            await world.CallAsync("notes_read");
            return RecordingBackend.Text("written");
        };

        var answer = await world.CallAsync("notes_write");

        Assert.Null(Denial(answer, "reason"));
        Assert.Equal(CallOutcome.Ok, Assert.IsType<LinkBody.CallSettled>((await world.ChainAsync())[^1].Body).Outcome);
    }

    private static string? Denial(CallAnswer answer, string key) =>
        answer is CallAnswer.Result { Value: var value } && value.TryGetProperty("structuredContent", out var structured) && structured.TryGetProperty(key, out var said)
            ? said.GetString()
            : null;
}
