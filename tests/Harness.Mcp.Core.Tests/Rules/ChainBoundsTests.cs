using System.Text.Json;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Monitors;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

/// <summary>What a monitor keeps is bounded; past the bound it answers with an error, which denies.</summary>
public class ChainBoundsTests
{
    [Fact]
    public void Exists_IsAnError_PastTheKeysThatAreKept()
    {
        var state = ChainGiven.State("chain.exists(l, l.index == call.args.index)");
        var call = ChainGiven.Call(arguments: """{"index":1}""");
        var link = ChainGiven.Link(1, "hr/get");

        // One tally more than there are keys: that of all links together.
        for (var index = 1; index < ClauseMonitor.TalliesMax; index++)
            state.Settle(link with { Index = index });
        var full = state.Evaluate(call, []);
        state.Settle(link with { Index = ClauseMonitor.TalliesMax });
        var over = state.Evaluate(call, []);

        Assert.True(full.Value);
        Assert.Contains("state exhausted", over.Error, StringComparison.Ordinal);
        Assert.False(over.Value);
    }

    [Fact]
    public void Exists_IsAnError_PastTheBytesThatAreKept()
    {
        var state = ChainGiven.State("chain.exists(l, l.args.text == call.args.text)");
        var megabyte = new string('x', 1024 * 1024);

        for (var index = 0; index < 20; index++)
            state.Settle(ChainGiven.Link(index, "hr/get", $$"""{"text":"{{index}}{{megabyte}}"}"""));

        Assert.Contains("state exhausted", state.Evaluate(ChainGiven.Call(arguments: """{"text":"a"}"""), []).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Exists_KeepsOneKeyForever_HoweverOftenItIsSeen()
    {
        var state = ChainGiven.State("chain.exists(l, l.args.text == call.args.text)");
        var link = ChainGiven.Link(1, "hr/get", $$"""{"text":"{{new string('x', 100_000)}}"}""");

        for (var index = 1; index < 1_000; index++)
            state.Settle(link with { Index = index });

        Assert.Null(state.Evaluate(ChainGiven.Call(arguments: """{"text":"a"}"""), []).Error);
    }

    [Fact]
    public void Size_IsAnError_WithTooManyLinksInItsWindow_ButNotWhenTheyLeaveInTime()
    {
        var crowded = ChainGiven.State("""chain.filter(l, now - l.time < duration("60s")).size() > 3""");
        var passing = ChainGiven.State("""chain.filter(l, now - l.time < duration("60s")).size() > 3""");
        var link = ChainGiven.Link(1, "hr/get");

        for (var index = 1; index <= ClauseMonitor.WaitingMax + 10; index++)
        {
            crowded.Settle(link with { Index = index });
            passing.Settle(link with { Index = index, Time = ChainGiven.Opened.AddSeconds(index) });
            if (index % 1_000 == 0)
                passing.Evaluate(ChainGiven.Call(seconds: index), []);
        }

        Assert.Contains("state exhausted", crowded.Evaluate(ChainGiven.Call(), []).Error, StringComparison.Ordinal);
        Assert.True(passing.Evaluate(ChainGiven.Call(seconds: ClauseMonitor.WaitingMax + 10), []).Value);
    }

    [Fact]
    public void Exists_IsAnError_WhereOneLinkBringsTooManyKeys()
    {
        var state = ChainGiven.State("chain.exists(l, call.args.a in l.result.a && call.args.b in l.result.b)");
        var numbers = string.Join(",", Enumerable.Range(0, 300));

        state.Settle(ChainGiven.Link(1, "hr/get", result: $$"""{"a":[{{numbers}}],"b":[{{numbers}}]}"""));

        Assert.Contains("state exhausted", state.Evaluate(ChainGiven.Call(arguments: """{"a":1,"b":1}"""), []).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Settle_HoldsNoDocumentAlive()
    {
        var state = ChainGiven.State("chain.exists(l, l.args.who == call.args.who)");
        using (var document = JsonDocument.Parse("""{"who":{"name":["ada"]}}"""))
            state.Settle(ChainGiven.Link(1, "hr/get") with { Arguments = document.RootElement });

        var found = state.Evaluate(ChainGiven.Call(arguments: """{"who":{"name":["ada"]}}"""), []);

        Assert.Null(found.Error);
        Assert.True(found.Value);
    }

    [Theory]
    [InlineData("""chain.exists(l, l.tool == "hr/get" && l.args.user == call.args.user)""")]
    [InlineData("""chain.all(l, l.args.user != call.args.user || now - l.time > duration("10m"))""")]
    [InlineData("""chain.filter(l, l.effect == "write" && l.args.user == call.args.user).size() >= 3""")]
    [InlineData("""call.args.user in chain.map(l, l.args.user)""")]
    public void Evaluate_AllocatesNothingThatGrowsWithTheChain(string source)
    {
        var afterFew = Allocated(source, 10);
        var afterMany = Allocated(source, 10_000);

        Assert.InRange(afterMany, 0, afterFew + 16);
        Assert.InRange(afterMany, 0, 512);
    }

    private static long Allocated(string source, int links)
    {
        var state = ChainGiven.State(source);
        for (var index = 1; index <= links; index++)
            state.Settle(ChainGiven.Link(index, "hr/get", $$"""{"user":"u{{index % 100}}"}"""));
        var call = ChainGiven.Call(arguments: """{"user":"absent"}""");
        IReadOnlyList<ChainCall> none = [];
        const int Rounds = 200;

        for (var round = 0; round < Rounds; round++)
            state.Evaluate(call, none);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < Rounds; round++)
            state.Evaluate(call, none);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
    }
}
