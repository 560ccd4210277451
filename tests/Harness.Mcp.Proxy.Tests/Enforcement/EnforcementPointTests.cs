using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;
using Xunit;
using static Harness.Mcp.Proxy.Tests.Enforcement.EnforcementWorld;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

public sealed class EnforcementPointTests
{
    [Theory]
    [InlineData("notes_write", "arguments_invalid")]
    [InlineData("notes_unheard", "tool_not_granted")]
    public async Task Call_WithANumberThatParsersReadDifferently_IsDenied_AndThatIsALink(string tool, string reason)
    {
        var world = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites);

        var answer = Assert.IsType<CallAnswer.Result>(await CallOddAsync(world, tool)).Value;

        Assert.Equal((true, reason), (answer.GetProperty("isError").GetBoolean(), answer.GetProperty("structuredContent").GetProperty("reason").GetString()));
        Assert.Equal(tool == "notes_write", answer.GetProperty("content")[0].GetProperty("text").GetString()!.Contains("`9007199254740993`", StringComparison.Ordinal));
        var refused = Assert.IsType<LinkBody.CallRefused>((await world.ChainAsync())[^1].Body);
        Assert.Contains("9007199254740993", refused.Arguments!.Value.GetRawText(), StringComparison.Ordinal);
        Assert.Empty(world.Backend.Calls);
    }

    [Fact]
    public async Task Call_WithSuchANumber_Passes_WhereTheToolReadsNumbersExactly()
    {
        var world = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites);
        var write = EnforcementWorld.Tool("write", Effect.Write);
        world.Catalog.Replace(write with { Numbers = NumberForm.Exact, Input = JsonSchema.Compile(JsonElement.Parse("{}"), new SourcePosition("test", 0, 0)).Value! });

        await CallOddAsync(world, "notes_write");

        Assert.Contains("9007199254740993", Assert.Single(world.Backend.Calls).Call.Arguments.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Selection_SaysWhichRevisionsTheMissionTakes()
    {
        var any = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites);
        var some = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites.Replace("lifetime:", "oldest-protocol: 2025-11-25\nlifetime:", StringComparison.Ordinal));

        Assert.Null(await OldestAsync(any, EnforcementWorld.Mission.Value));
        Assert.Equal("2025-11-25", await OldestAsync(some, EnforcementWorld.Mission.Value));
        Assert.Equal("2025-11-25", await OldestAsync(some, null));

        static async Task<string?> OldestAsync(EnforcementWorld world, string? mission) => Assert.IsType<MissionSelection.Selected>(
            await world.Enforcer.SelectAsync(EnforcementWorld.Agent, mission, TestContext.Current.CancellationToken)).OldestProtocol;
    }

    [Fact]
    public async Task Denial_NamesTools_AsTheAgentCallsThem_AndTheChainAsTheMissionDoes()
    {
        var world = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites.Replace(
            "budget: { max: 2 } }", "before: { tools: [notes/read] }, say: 'Call `notes/read` first, not `notes/gone` or `a/b c`.' }", StringComparison.Ordinal));

        var result = Assert.IsType<CallAnswer.Result>(await world.CallAsync("notes_write", "x")).Value;

        Assert.Equal("Call `notes_read` first, not `notes/gone` or `a/b c`. [history_not_satisfied]", result.GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal("""["notes_read"]""", result.GetProperty("structuredContent").GetProperty("allowedNext").GetRawText());
        var refused = Assert.IsType<LinkBody.CallRefused>((await world.ChainAsync())[^1].Body);
        Assert.Equal(["notes/read"], refused.Denial.AllowedNext);
        Assert.Contains("`notes/read`", refused.Denial.Say, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_ShowsTheLimits_ThatTheMissionSetsOnArguments()
    {
        var world = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites.Replace(
            "- tools: [notes/write]", "- { tools: [notes/write], args: { text: { enum: [done, open] } } }", StringComparison.Ordinal));

        var listed = Assert.IsType<ToolListing.Tools>(await world.Enforcer.ListToolsAsync(EnforcementWorld.Agent, EnforcementWorld.Mission, TestContext.Current.CancellationToken)).Listed;

        string Text(string tool) => listed.Single(one => one.ExposedName == tool).Definition.GetProperty("inputSchema").GetProperty("properties").GetProperty("text").GetRawText();
        Assert.Equal("""{"type":"string","maxLength":100,"enum":["done","open"]}""", Text("notes_write"));
        Assert.Equal("""{"type":"string","maxLength":100}""", Text("notes_read"));
    }

    [Fact]
    public async Task List_StaysTheSameObject_UntilTheCatalogChanges()
    {
        var world = await WithAsync(TwoWrites);
        async Task<ToolListing.Tools> ListAsync() => Assert.IsType<ToolListing.Tools>(
            await world.Enforcer.ListToolsAsync(EnforcementWorld.Agent, EnforcementWorld.Mission, TestContext.Current.CancellationToken));

        var first = await ListAsync();
        await world.CallAsync("notes_write");
        Assert.Same(first, await ListAsync());

        world.Catalog.Replace(Tool("write", Effect.Write) with { Standing = ToolStanding.Drifted });
        Assert.Empty((await ListAsync()).Listed);
    }

    [Fact]
    public async Task Call_IsForwarded_OnlyWhenItsAdmissionIsOnTheChain()
    {
        var world = await WithAsync(TwoWrites);

        var answer = await world.CallAsync("notes_write", "hello");

        Assert.Equal("hello", TextOf(answer));
        var (call, linksThen) = Assert.Single(world.Backend.Calls);
        Assert.Equal("write", call.Tool);
        Assert.Equal(2, linksThen);
        Assert.Collection(
            await world.ChainAsync(),
            link => Assert.IsType<LinkBody.MissionOpened>(link.Body),
            link => Assert.Equal(call.Call, Assert.IsType<LinkBody.CallAdmitted>(link.Body).Call),
            link => Assert.Equal(CallOutcome.Ok, Assert.IsType<LinkBody.CallSettled>(link.Body).Outcome));
    }

    [Fact]
    public async Task Call_IsDeniedAndRecorded_WhenARuleForbidsIt()
    {
        var world = await WithAsync(TwoWrites);
        await world.CallAsync("notes_write");
        await world.CallAsync("notes_write");

        var answer = await world.CallAsync("notes_write");

        Assert.Equal(ReasonCode.BudgetExhausted.Value, ReasonOf(answer));
        Assert.Equal(2, world.Backend.Calls.Count);
        Assert.Equal(ReasonCode.BudgetExhausted, Assert.IsType<LinkBody.CallRefused>((await world.ChainAsync())[^1].Body).Denial.Reason);
    }

    [Fact]
    public async Task Call_IsDenied_WhenTheStoreIsDown_AndWorksAgainWhenItIsBack()
    {
        var world = await WithAsync(TwoWrites);
        world.Store.IsDown = true;

        var denied = await world.CallAsync("notes_write");
        world.Store.IsDown = false;
        var permitted = await world.CallAsync("notes_write", "back");

        Assert.Equal(ReasonCode.StateUnavailable.Value, ReasonOf(denied));
        Assert.Equal("back", TextOf(permitted));
        Assert.Single(world.Backend.Calls);
    }

    [Fact]
    public async Task Answer_IsWithheld_WhenItsSettlementCannotBeRecorded()
    {
        var world = await WithAsync(TwoWrites);
        world.Backend.Reply = (_, _) =>
        {
            world.Store.IsDown = true;
            return ValueTask.FromResult<BackendReply>(RecordingBackend.Text("secret"));
        };

        var answer = await world.CallAsync("notes_write");
        world.Store.IsDown = false;
        world.Backend.Reply = (_, _) => ValueTask.FromResult<BackendReply>(RecordingBackend.Text("later"));
        await world.CallAsync("notes_read");

        Assert.Equal(ReasonCode.StateUnavailable.Value, ReasonOf(answer));
        Assert.DoesNotContain("secret", ((CallAnswer.Result)answer).Value.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(CallOutcome.Unknown, Assert.IsType<LinkBody.CallSettled>((await world.ChainAsync())[2].Body).Outcome);
    }

    [Fact]
    public async Task Suspension_HoldsBeforeTheNextCall_WhoeverWroteIt()
    {
        var world = await WithAsync(TwoWrites);
        await world.CallAsync("notes_write");

        await world.AppendAsync(new LinkBody.MissionSuspended("operator", "stop"));
        var stopped = await world.CallAsync("notes_write");
        await world.AppendAsync(new LinkBody.MissionResumed("operator", "go on"));
        var resumed = await world.CallAsync("notes_write", "again");

        Assert.Equal(ReasonCode.MissionSuspended.Value, ReasonOf(stopped));
        Assert.Equal("again", TextOf(resumed));
        Assert.Equal(2, world.Backend.Calls.Count);
    }

    [Fact]
    public async Task Suspension_ThatComesBetweenDecisionAndAppend_IsObeyed()
    {
        var world = await WithAsync(TwoWrites);
        world.Store.BeforeAppend = async _ =>
        {
            world.Store.BeforeAppend = null;
            await world.AppendAsync(new LinkBody.MissionSuspended("operator", "stop"));
        };

        var answer = await world.CallAsync("notes_write");

        Assert.Equal(ReasonCode.MissionSuspended.Value, ReasonOf(answer));
        Assert.Empty(world.Backend.Calls);
    }

    [Fact]
    public async Task Budget_IsNeverOverspent_ByParallelCallsOfTwoProcesses()
    {
        var world = await WithAsync(TwoWrites);
        IEnforcement[] processes = [world.Enforcer, world.NewProcess()];

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(
            call => Task.Run(() => CallAsync(processes[call % 2], "notes_write", $"{call}"), TestContext.Current.CancellationToken)));

        // Each process holds the other's calls in flight for lost, so one of the two answers may be withheld.
        Assert.Equal(2, (await world.ChainAsync()).Count(link => link.Body is LinkBody.CallAdmitted));
        Assert.Equal(2, world.Backend.Calls.Count);
        Assert.Equal(2, answers.Count(answer => ReasonOf(answer) is null or "outcome_unknown"));
        Assert.All(
            answers.Select(ReasonOf).OfType<string>(),
            reason => Assert.Contains(reason, (string[])["budget_exhausted", "state_contended", "outcome_unknown", "mission_narrowed"]));
    }

    [Fact]
    public async Task HiddenTool_AndMissingTool_GetTheSameAnswer_ButTheChainKnowsBetter()
    {
        var world = await WithAsync(TwoWrites);

        var hidden = (CallAnswer.Result)await world.CallAsync("notes_erase");
        var missing = (CallAnswer.Result)await world.CallAsync("notes_nothing");

        Assert.Equal(hidden.Value.GetRawText(), missing.Value.GetRawText());
        Assert.Equal(
            [ReasonCode.ToolNotGranted, ReasonCode.ToolUnknown],
            (await world.ChainAsync()).Select(link => link.Body).OfType<LinkBody.CallRefused>().Select(refused => refused.Denial.Reason));
        Assert.Empty(world.Backend.Calls);
    }

    [Fact]
    public async Task DriftedTool_IsRefused_UntilItIsApproved()
    {
        var world = await WithAsync(TwoWrites);
        var tool = Tool("write", Effect.Write);
        world.Catalog.Replace(tool with { Standing = ToolStanding.Drifted });

        var drifted = await world.CallAsync("notes_write");
        world.Catalog.Replace(tool);
        var approved = await world.CallAsync("notes_write", "fine");

        Assert.Equal(ReasonCode.DefinitionDrifted.Value, ReasonOf(drifted));
        Assert.Equal("fine", TextOf(approved));
        Assert.Single(world.Backend.Calls);
    }

    [Fact]
    public async Task DefinitionThatChangesAfterAdmission_IsNotCalled()
    {
        var world = await WithAsync(TwoWrites);
        world.Store.BeforeAppend = _ =>
        {
            world.Catalog.Replace(Tool("write", Effect.Write, """{"type":"object"}"""));
            return Task.CompletedTask;
        };

        var answer = await world.CallAsync("notes_write");

        Assert.Equal(ReasonCode.BackendUnavailable.Value, ReasonOf(answer));
        Assert.Empty(world.Backend.Calls);
    }

    [Theory]
    [InlineData("hello", null)]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789x", "arguments_invalid")]
    public async Task Arguments_AreHeldAgainstTheToolsSchema(string text, string? reason)
    {
        var world = await WithAsync(TwoWrites);

        var answer = await world.CallAsync("notes_write", text);

        Assert.Equal(reason, ReasonOf(answer));
        Assert.Equal(reason is null ? 1 : 0, world.Backend.Calls.Count);
    }

    [Fact]
    public async Task CallsThatACrashLeftOpen_AreUnknown_AndStillCount()
    {
        var world = await WithAsync(TwoWrites);
        var never = new TaskCompletionSource<BackendReply>();
        world.Backend.Reply = (_, _) => new ValueTask<BackendReply>(never.Task);
        var lost = world.CallAsync("notes_write");
        world.Backend.Reply = (_, _) => ValueTask.FromResult<BackendReply>(RecordingBackend.Text("done"));

        var restarted = world.NewProcess();
        var repeated = await CallAsync(restarted, "notes_write");
        await CallAsync(restarted, "notes_write", "another");
        var third = await CallAsync(restarted, "notes_write", "a third");

        Assert.False(lost.IsCompleted);
        Assert.Equal(ReasonCode.RepeatsUnknown.Value, ReasonOf(repeated));
        Assert.Equal(2, world.Backend.Calls.Count);
        Assert.Equal(ReasonCode.BudgetExhausted.Value, ReasonOf(third));
        Assert.Contains(
            (await world.ChainAsync()).Select(link => link.Body).OfType<LinkBody.CallSettled>(), settled => settled.Outcome == CallOutcome.Unknown);
    }

    [Fact]
    public async Task AnswerOfACall_ThatWasHeldForLost_IsWithheld()
    {
        var world = await WithAsync(TwoWrites);
        world.Backend.Reply = async (call, _) =>
        {
            await world.AppendAsync(new LinkBody.CallSettled(call.Call, CallOutcome.Unknown, null, null, [], "Held for lost by another process."));
            return RecordingBackend.Text("late");
        };

        var late = await world.CallAsync("notes_write");
        world.Backend.Reply = (_, _) => ValueTask.FromResult<BackendReply>(RecordingBackend.Text("in time"));
        var next = await world.CallAsync("notes_write", "another");

        Assert.Equal("outcome_unknown", ReasonOf(late));
        Assert.DoesNotContain("late", ((CallAnswer.Result)late).Value.GetProperty("content").GetRawText(), StringComparison.Ordinal);
        Assert.Null(ReasonOf(next));
    }

    [Fact]
    public async Task CancelledCall_IsSettledAsUnknown()
    {
        var world = await WithAsync(TwoWrites);
        using var cancelling = new CancellationTokenSource();
        world.Backend.Reply = async (_, cancellationToken) =>
        {
            await cancelling.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            return RecordingBackend.Text("never");
        };

        var answer = await CallUntilAsync(world.Enforcer, "notes_write", null, cancelling.Token);

        Assert.Equal(ReasonCode.OutcomeUnknown.Value, ReasonOf(answer));
        Assert.Equal(CallOutcome.Unknown, Assert.IsType<LinkBody.CallSettled>((await world.ChainAsync())[^1].Body).Outcome);
    }

    [Fact]
    public async Task Denial_LeavesStructuredContentAlone_ForAToolWithAnOutputSchema()
    {
        var world = await WithAsync(TwoWrites);
        world.Catalog.Replace(Tool("write", Effect.Write, """{"type":"object","required":["id"]}"""));
        await world.CallAsync("notes_write");
        await world.CallAsync("notes_write");

        var denied = (CallAnswer.Result)await world.CallAsync("notes_write");

        Assert.False(denied.Value.TryGetProperty("structuredContent", out _));
        Assert.Equal("budget_exhausted", denied.Value.GetProperty("_meta").GetProperty("harness-mcp/denial").GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData("""{"structuredContent":{"a":1},"content":[]}""", """{"a":1}""")]
    [InlineData("""{"content":[{"type":"text","text":"{\"a\":2}"}]}""", """{"a":2}""")]
    [InlineData("""{"content":[{"type":"text","text":"{\"a\":2,\"a\":3}"}]}""", "\"{\\u0022a\\u0022:2,\\u0022a\\u0022:3}\"")]
    [InlineData("""{"content":[{"type":"text","text":"42"}]}""", "\"42\"")]
    [InlineData("""{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}""", "\"a\\nb\"")]
    public async Task ResultFields_AreThoseThatRulesMayRead(string result, string fields)
    {
        var world = await WithAsync(TwoWrites);
        world.Backend.Reply = (_, _) => ValueTask.FromResult<BackendReply>(new BackendReply.Result(JsonElement.Parse(result)));

        await world.CallAsync("notes_read");

        Assert.Equal(fields, Assert.IsType<LinkBody.CallSettled>((await world.ChainAsync())[^1].Body).Result?.GetRawText());
    }

    [Fact]
    public async Task LargeResult_ReachesTheAgent_ButRulesSeeNoFieldOfIt()
    {
        var world = await WithAsync(TwoWrites);
        world.Backend.Reply = (_, _) => ValueTask.FromResult<BackendReply>(RecordingBackend.Text(new string('x', 300 * 1024)));

        var answer = await world.CallAsync("notes_read");

        Assert.Equal(300 * 1024, TextOf(answer)!.Length);
        var settled = Assert.IsType<LinkBody.CallSettled>((await world.ChainAsync())[^1].Body);
        Assert.Null(settled.Result);
        Assert.NotNull(settled.ResultDigest);
    }

    private static async Task<CallAnswer> CallOddAsync(EnforcementWorld world, string tool)
    {
        const string Number = "9007199254740993";
        var call = new AgentCall(Agent, Mission, tool, JsonElement.Parse($$"""{"n":{{Number}} }"""), null) { OddNumber = Number };
        return await world.Enforcer.CallAsync(call, NoNotices.Instance, TestContext.Current.CancellationToken);
    }
}
