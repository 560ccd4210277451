using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Asking;
using Harness.Mcp.Proxy.Telemetry;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement.Asking;

/// <summary>
/// Calls during which the backend asks the agent, through the real enforcement: the four pairs of eras, and all that can be wrong with an answer. A
/// backend of 2026-07-28 answers `input_required`, one of the `initialize` era asks through the call's port.
/// </summary>
public class AskedCallTests
{
    private const string Mission = """
        mission: tidy
        objective: Tidy the notes.
        owner: owner@corp.example
        agents: [tidier]
        lifetime: 1h
        grants:
          - { read: [notes/*], asks: [elicitation, sampling] }
          - { tools: [notes/write], asks: [elicitation] }
          - tools: [notes/erase]
        rules:
          - { id: two-writes, on: [notes/write], budget: { max: 2 } }
          - { id: no-leak, on: [notes/write], carry: { refuse: [secret] } }
        """;

    [Fact]
    public async Task Modern_Pair_GoesOnWithTheSameLink()
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("state-1");
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));

        Assert.Equal("[notes] Sure?", asked.Requests.GetProperty("q").GetProperty("params").GetProperty("message").GetString());
        Assert.Equal(["CallAdmitted", "InputAsked"], await world.KindsAsync());
        Assert.Equal("accept done", Text(await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, Accept("done")))));

        Assert.Equal(["CallAdmitted", "InputAsked", "InputGiven", "CallSettled"], await world.KindsAsync());
        var calls = world.Backend.Calls.ToArray();
        Assert.Equal(("state-1", calls[0].Call.Call), (calls[1].Call.Retry!.State, calls[1].Call.Call));
        Assert.Equal(4, calls[1].LinksThen); // The answer was durable before it left.
        Assert.Equal(AgentInputs.Elicitation, calls[0].Call.MayAsk);
    }

    [Fact]
    public async Task Modern_Pair_CountsACallOnce()
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("s");
        for (var call = 0; call < 2; call++)
        {
            var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));
            Assert.Equal("accept ok", Text(await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, Accept("ok")))));
        }

        Assert.Equal("budget_exhausted", Reason(await CallAsync(world, "notes_write", Modern())));
    }

    [Fact]
    public async Task Modern_Pair_SurvivesARestart()
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("s");
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));

        var after = world.NewProcess();
        Assert.Equal("accept ok", Text(await CallAsync(after, "notes_write", Modern(), new CallResumption(asked.State, Accept("ok")))));
    }

    [Fact]
    public async Task Modern_AgentOfALegacyBackend_IsAskedWhileTheCallWaits()
    {
        var world = await WorldAsync();
        world.Backend.Reply = AskTwice;
        var first = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));
        var second = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern(), new CallResumption(first.State, Accept("one", "request"))));
        var answer = await CallAsync(world, "notes_write", Modern(), new CallResumption(second.State, Accept("two", "request")));

        Assert.Equal("one two", Text(answer));
        Assert.Equal(["CallAdmitted", "InputAsked", "InputGiven", "InputAsked", "InputGiven", "CallSettled"], await world.KindsAsync());
        Assert.Single(world.Backend.Calls);
    }

    [Fact]
    public async Task Legacy_AgentOfAModernBackend_IsSentRequests()
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("s");
        var agent = new LegacyAgent(Accept("typed").GetProperty("q"));

        Assert.Equal("accept typed", Text(await CallAsync(world, "notes_write", agent)));
        Assert.Equal("[notes] Sure?", Assert.Single(agent.Requests).Parameters.GetProperty("message").GetString());
        Assert.Equal(["CallAdmitted", "InputAsked", "InputGiven", "CallSettled"], await world.KindsAsync());
    }

    [Fact]
    public async Task Legacy_Pair_IsRelayed()
    {
        var world = await WorldAsync();
        world.Backend.Reply = AskTwice;

        Assert.Equal("typed typed", Text(await CallAsync(world, "notes_write", new LegacyAgent(Accept("typed").GetProperty("q")))));
        Assert.Equal(["CallAdmitted", "InputAsked", "InputGiven", "InputAsked", "InputGiven", "CallSettled"], await world.KindsAsync());
    }

    [Fact]
    public async Task Legacy_Agent_WithoutAnAnswer_LeavesTheCallToItsBackend()
    {
        var world = await WorldAsync();
        world.Backend.Reply = async (call, token) => RecordingBackend.Text(
            await call.Inputs!.AskAsync("elicitation/create", Parameters, token) is InputReply.Error(var code, var message) ? $"{code} {message}" : "answered");

        Assert.Equal("-32603 The agent gave no answer.", Text(await CallAsync(world, "notes_write", new LegacyAgent(null))));
        Assert.Equal(["CallAdmitted", "InputAsked", "InputRefused", "CallSettled"], await world.KindsAsync());
    }

    [Theory]
    [InlineData("notes_erase", true)] // The grant names nothing.
    [InlineData("notes_write", false)] // The agent declares nothing.
    public async Task NothingIsAsked_NorDeclared_WithoutGrantAndAgent(string tool, bool declares)
    {
        var world = await WorldAsync();
        world.Backend.Reply = (call, token) => Rounds("s")(call, token);

        Assert.Equal("ask_refused", Reason(await CallAsync(world, tool, declares ? Modern() : Modern(AgentInputs.None))));
        var call = Assert.Single(world.Backend.Calls).Call;
        Assert.Equal(AgentInputs.None, call.MayAsk);
        Assert.Null(call.Inputs);
        Assert.DoesNotContain("InputAsked", await world.KindsAsync());
    }

    [Fact]
    public async Task Backend_ThatAsksMoreThanGranted_IsRefused_AndTheCallGivenUp()
    {
        var world = await WorldAsync();
        world.Backend.Reply = (_, _) => Required("""{ "q": { "method": "sampling/createMessage", "params": { "messages": [], "maxTokens": 5 } } }""", "s");

        Assert.Equal("ask_refused", Reason(await CallAsync(world, "notes_write", Modern())));
        Assert.Equal(CallOutcome.Unknown, (await world.SettledAsync()).Outcome);
    }

    [Fact]
    public async Task LegacyBackend_ThatAsksMoreThanGranted_GetsAnError_AndNoHang()
    {
        var world = await WorldAsync();
        world.Backend.Reply = async (call, token) => RecordingBackend.Text(
            await call.Inputs!.AskAsync("sampling/createMessage", JsonElement.Parse("""{ "messages": [], "maxTokens": 5 }"""), token) is InputReply.Error(var code, _) ? $"{code}" : "answered");

        Assert.Equal("-32602", Text(await CallAsync(world, "notes_write", Modern())));
    }

    [Fact]
    public async Task Repetition_WithANumberThatParsersReadDifferently_IsDenied_AndTheQuestionStands()
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("inner");
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));

        var odd = await world.Enforcer.CallAsync(
            new AgentCall(EnforcementWorld.Agent, EnforcementWorld.Mission, "notes_write", null, null)
            {
                Inputs = Modern(), OddNumber = "1e400", Resumption = new CallResumption(asked.State, Accept("odd")),
            },
            NoNotices.Instance,
            TestContext.Current.CancellationToken);

        Assert.Equal("arguments_invalid", Reason(odd));
        Assert.Equal("arguments_invalid", Assert.IsType<LinkBody.CallRefused>((await world.ChainAsync())[^1].Body).Denial.Reason.Value);
        Assert.Equal("accept ok", Text(await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, Accept("ok")))));
        Assert.Equal(2, world.Backend.Calls.Count);
    }

    [Theory]
    [InlineData("tool")]
    [InlineData("arguments")]
    [InlineData("agent")]
    [InlineData("bit")]
    [InlineData("backend's own")]
    public async Task State_OfAnotherCall_IsAForgery(string other)
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("inner");
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));
        var state = other switch { "bit" => asked.State[..^1] + (asked.State[^1] == 'A' ? 'B' : 'A'), "backend's own" => "inner", _ => asked.State };

        var answer = await world.Enforcer.CallAsync(
            new AgentCall(
                other == "agent" ? EnforcementWorld.Agent with { Id = new AgentId("other") } : EnforcementWorld.Agent,
                EnforcementWorld.Mission, other == "tool" ? "notes_read" : "notes_write", other == "arguments" ? JsonElement.Parse("""{"text":"x"}""") : null, null)
            {
                Inputs = Modern(),
                Resumption = new CallResumption(state, Accept("ok")),
            },
            NoNotices.Instance,
            TestContext.Current.CancellationToken);

        var error = Assert.IsType<CallAnswer.Error>(answer).Value;
        Assert.Equal(-32602, error.GetProperty("code").GetInt32());
        Assert.Equal("request_state_invalid", error.GetProperty("data").GetProperty("reason").GetString());
        Assert.Single(world.Backend.Calls);
        Assert.Equal("request_state_invalid", Assert.IsType<LinkBody.CallRefused>((await world.ChainAsync())[^1].Body).Denial.Reason.Value);

        // The question itself still stands.
        Assert.Equal("accept ok", Text(await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, Accept("ok")))));
    }

    [Fact]
    public async Task State_IsTakenOnce()
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("s");
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));

        var both = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, Accept("ok")))));

        Assert.Single(both, answer => Reason(answer) is null);
        Assert.Equal(7, both.Count(answer => Reason(answer) == "request_state_used"));
        Assert.Equal(2, world.Backend.Calls.Count);
    }

    [Fact]
    public async Task State_Expires_AndTheCallIsUnknown()
    {
        var time = new ManualTime();
        var world = await WorldAsync(time);
        world.Backend.Reply = Rounds("s");
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));

        await time.AdvanceAsync(TimeSpan.FromMinutes(6), () => Task.Delay(20));

        Assert.Equal(CallOutcome.Unknown, (await world.SettledAsync()).Outcome);
        Assert.Equal("request_state_expired", Reason(await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, Accept("ok")))));
        Assert.Single(world.Backend.Calls);
    }

    [Fact]
    public async Task HeldQuestion_Expires_AndTheBackendIsTold()
    {
        var time = new ManualTime();
        var world = await WorldAsync(time);
        var told = new TaskCompletionSource();
        world.Backend.Reply = async (call, token) =>
        {
            await using var _ = token.Register(told.SetResult);
            await call.Inputs!.AskAsync("elicitation/create", Parameters, CancellationToken.None);
            return new BackendReply.Lost("The call was cancelled.");
        };
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));

        await time.AdvanceAsync(TimeSpan.FromMinutes(6), () => Task.Delay(20));
        await told.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal(CallOutcome.Unknown, (await world.SettledAsync()).Outcome);
        Assert.Equal("request_state_expired", Reason(await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, Accept("late", "request")))));
    }

    [Fact]
    public async Task HeldQuestion_ThatReachedNobody_LetsTheBackendGo()
    {
        var world = await WorldAsync();
        world.Backend.Reply = async (call, token) =>
        {
            try
            {
                await call.Inputs!.AskAsync("elicitation/create", Parameters, token);
                return RecordingBackend.Text("answered");
            }
            catch (OperationCanceledException)
            {
                return new BackendReply.Lost("The call was cancelled.");
            }
        };
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));

        world.Enforcer.Undelivered(asked);
        for (var tries = 0; (await world.KindsAsync()).Length < 4 && tries < 500; tries++)
            await Task.Delay(20, TestContext.Current.CancellationToken);

        Assert.Equal(CallOutcome.Unknown, (await world.SettledAsync()).Outcome);
        Assert.Equal(["CallAdmitted", "InputAsked", "InputRefused", "CallSettled"], await world.KindsAsync());
    }

    [Fact]
    public async Task HeldQuestion_DiesWithItsProcess_AndTheCallIsUnknown()
    {
        var world = await WorldAsync();
        world.Backend.Reply = AskTwice;
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));

        var after = world.NewProcess();
        Assert.Equal("request_state_used", Reason(await CallAsync(after, "notes_write", Modern(), new CallResumption(asked.State, Accept("one", "request")))));
        Assert.Equal(CallOutcome.Unknown, (await world.SettledAsync()).Outcome);
    }

    [Fact]
    public async Task Answer_ThatARuleRefuses_DoesNotLeave()
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("s");
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));

        var answer = await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, Accept("sk-live-4eC39HqLyjWDarjtT1zdp7dc")));

        Assert.Equal("carries_refused", Reason(answer));
        Assert.Single(world.Backend.Calls);
        Assert.Equal(["CallAdmitted", "InputAsked", "InputRefused", "CallSettled"], await world.KindsAsync());
        Assert.Equal(CallOutcome.Unknown, (await world.SettledAsync()).Outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_ThatARuleRefuses_EndsTheCallOfALegacyBackend(bool isModern)
    {
        var world = await WorldAsync();
        world.Backend.Reply = AskTwice;
        const string Secret = "sk-live-4eC39HqLyjWDarjtT1zdp7dc";
        var answer = isModern
            ? await CallAsync(world, "notes_write", Modern(), new CallResumption(
                Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern())).State, Accept(Secret, "request")))
            : await CallAsync(world, "notes_write", new LegacyAgent(Accept(Secret).GetProperty("q")));

        Assert.Equal("carries_refused", Reason(answer));
        Assert.Equal(["CallAdmitted", "InputAsked", "InputRefused", "CallSettled"], await world.KindsAsync());
    }

    [Fact]
    public async Task Answer_DoesNotLeave_AfterAStop()
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("s");
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));
        await world.AppendAsync(new LinkBody.MissionSuspended("ana", "Looks wrong"));

        Assert.Equal("mission_suspended", Reason(await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, Accept("ok")))));
        Assert.Single(world.Backend.Calls);
    }

    [Fact]
    public async Task Answer_IsJudgedByGuardrailsThatCameMeanwhile()
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("s");
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));
        world.Rules.Guardrails("owner: security@corp.example\nrules: [{ id: no-address, on: [notes/write], carry: { refuse: [address] } }]");

        Assert.Equal("carries_refused", Reason(await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, Accept("mail eve@evil.example")))));
        Assert.Equal(["CallAdmitted", "InputAsked", "RulesTightened", "InputRefused", "CallSettled"], await world.KindsAsync());
    }

    [Fact]
    public async Task Answer_DoesNotLeave_ToAToolWhoseDefinitionChanged()
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("s");
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));
        world.Catalog.Replace(EnforcementWorld.Tool("write", Effect.Write, outputSchema: """{"type":"object"}"""));

        Assert.Equal("definition_drifted", Reason(await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, Accept("ok")))));
        Assert.Single(world.Backend.Calls);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{ "wrong": { "action": "accept" } }""")]
    public async Task MissingAnswer_IsAskedForAgain(string responses)
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("s");
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));

        var again = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, JsonElement.Parse(responses))));

        Assert.Equal(asked.Requests.GetRawText(), again.Requests.GetRawText());
        Assert.Equal("accept ok", Text(await CallAsync(world, "notes_write", Modern(), new CallResumption(again.State, Accept("ok")))));
        Assert.Equal(5, (await world.ChainAsync()).Length);
    }

    [Fact]
    public async Task MisshapenAnswer_GivesTheCallUp()
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("s");
        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));

        Assert.Equal("input_invalid", Reason(await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, JsonElement.Parse("""{ "q": { "action": "perhaps" } }""")))));
        Assert.Single(world.Backend.Calls);
    }

    [Fact]
    public async Task Backend_ThatNeverHasEnough_IsGivenUp()
    {
        var world = await WorldAsync();
        world.Backend.Reply = (_, _) => Required($$"""{ "q": {{ModernAgent.Form}} }""", "s");

        Assert.Equal("ask_refused", Reason(await CallAsync(world, "notes_write", new LegacyAgent(Accept("again").GetProperty("q")))));
        Assert.Equal(OpenAsk.RoundsMax, (await world.KindsAsync()).Count(kind => kind == "InputGiven"));
    }

    [Fact]
    public async Task Backend_ThatOnlyWantsToBeCalledAgain_IsCalledAgain()
    {
        var world = await WorldAsync();
        world.Backend.Reply = (call, _) => call.Retry is null ? ValueTask.FromResult<BackendReply>(new BackendReply.InputRequired(null, "later")) : Done(call.Retry.State!);

        Assert.Equal("later", Text(await CallAsync(world, "notes_write", Modern())));
        Assert.DoesNotContain("InputAsked", await world.KindsAsync());
    }

    [Fact]
    public async Task LettingGoOfTheCall_WhileItsBackendWaits_TellsTheBackend()
    {
        var world = await WorldAsync();
        var asked = new TaskCompletionSource();
        world.Backend.Reply = async (call, token) =>
        {
            try
            {
                await call.Inputs!.AskAsync("elicitation/create", Parameters, token);
                return RecordingBackend.Text("answered");
            }
            catch (OperationCanceledException)
            {
                return new BackendReply.Lost("The call was cancelled.");
            }
        };
        using var letGo = new CancellationTokenSource();
        var agent = new LegacyAgent(null) { OnRequest = asked.SetResult };

        var call = world.Enforcer.CallAsync(new AgentCall(EnforcementWorld.Agent, EnforcementWorld.Mission, "notes_write", null, null) { Inputs = agent }, NoNotices.Instance, letGo.Token);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await letGo.CancelAsync();

        Assert.Equal("outcome_unknown", Reason(await call));
        Assert.Equal(["CallAdmitted", "InputAsked", "InputRefused", "CallSettled"], await world.KindsAsync());
    }

    [Fact]
    public async Task Trace_TellsOfEachQuestion_WithoutValues()
    {
        var world = await WorldAsync();
        world.Backend.Reply = Rounds("s");
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == HarnessTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);

        var asked = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));
        await CallAsync(world, "notes_write", Modern(), new CallResumption(asked.State, Accept("hunter2")));
        var second = Assert.IsType<CallAnswer.InputRequired>(await CallAsync(world, "notes_write", Modern()));
        await CallAsync(world, "notes_write", Modern(), new CallResumption(second.State, Accept("sk-live-4eC39HqLyjWDarjtT1zdp7dc")));

        var calls = (await world.ChainAsync()).Select(link => link.Body).OfType<LinkBody.CallAdmitted>().Select(call => call.Call.ToString()).ToHashSet();
        var spans = ended.Where(span => span.OperationName.EndsWith(" agent", StringComparison.Ordinal) && calls.Contains((string?)span.GetTagItem(HarnessTelemetry.Tags.CallId) ?? "")).ToArray();
        Assert.Equal(
            [("ask agent", 1, "asked"), ("answer agent", 1, "given"), ("ask agent", 1, "asked"), ("answer agent", 1, "carries_refused")],
            spans.Select(span => (span.OperationName, (int?)span.GetTagItem(HarnessTelemetry.Tags.AskRound), (string?)span.GetTagItem(HarnessTelemetry.Tags.AskOutcome))));
        Assert.All(spans, span => Assert.Equal("notes", span.GetTagItem(HarnessTelemetry.Tags.Backend)));
        Assert.Equal<string>(["elicitation"], Assert.IsType<string[]>(spans[0].GetTagItem(HarnessTelemetry.Tags.AskKinds)));
        Assert.DoesNotContain(
            spans.SelectMany(span => span.TagObjects).Select(tag => tag.Value as string),
            text => text is not null && (text.Contains("hunter2", StringComparison.Ordinal) || text.Contains("sk-live", StringComparison.Ordinal) || text.Contains("Sure", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("https://pay.corp.example/1", true, null)]
    [InlineData("https://evil.example/1", true, "ask_refused")]
    [InlineData("https://pay.corp.example/1", false, "ask_refused")]
    public async Task Refusal_ThatSendsTheUserToAPage_LeadsOnlyWhereItMay(string url, bool declares, string? reason)
    {
        var world = await EnforcementWorld.WithAsync(Mission.Replace("asks: [elicitation]", "asks: [elicitation-url]", StringComparison.Ordinal));
        world.Backend.Asks = new AskTerms { Hosts = ["pay.corp.example"] };
        world.Backend.Reply = (_, _) => ValueTask.FromResult<BackendReply>(new BackendReply.Error(JsonSerializer.SerializeToElement(new
        {
            code = -32042,
            message = $"Go to {url}",
            data = new { elicitations = new[] { new { mode = "url", message = "Pay here", url, elicitationId = "e" } } },
        })));

        var answer = await CallAsync(world, "notes_write", Modern(declares ? AgentInputs.ElicitationUrl : AgentInputs.Elicitation));

        Assert.Equal(reason, Reason(answer));
        if (reason is null)
        {
            var error = Assert.IsType<CallAnswer.Error>(answer).Value;
            Assert.DoesNotContain(url, error.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Equal("[notes] Pay here", error.GetProperty("data").GetProperty("elicitations")[0].GetProperty("message").GetString());
        }

        Assert.Equal(CallOutcome.Error, (await world.SettledAsync()).Outcome);
    }

    private static JsonElement Parameters { get; } = JsonElement.Parse(ModernAgent.Form).GetProperty("params");

    private static Task<EnforcementWorld> WorldAsync(TimeProvider? time = null) => EnforcementWorld.WithAsync(Mission, time);

    private static ModernAgent Modern(AgentInputs declared = AgentInputs.Elicitation | AgentInputs.Sampling) => new(declared);

    private static JsonElement Accept(string text, string key = "q") =>
        JsonSerializer.SerializeToElement(new Dictionary<string, object> { [key] = new { action = "accept", content = new { text } } });

    /// <summary>Asks once, and says what it was answered.</summary>
    private static Func<BackendCall, CancellationToken, ValueTask<BackendReply>> Rounds(string state) => (call, _) => call.Retry?.Responses is { } given
        ? Done($"{given.GetProperty("q").GetProperty("action")} {given.GetProperty("q").GetProperty("content").GetProperty("text")}")
        : Required($$"""{ "q": {{ModernAgent.Form}} }""", state);

    /// <summary>Asks twice while it works, and says what it was answered.</summary>
    private static async ValueTask<BackendReply> AskTwice(BackendCall call, CancellationToken cancellationToken)
    {
        var said = new List<string>();
        for (var round = 0; round < 2; round++)
        {
            if (await call.Inputs!.AskAsync("elicitation/create", Parameters, cancellationToken) is not InputReply.Result(var value))
                return cancellationToken.IsCancellationRequested ? new BackendReply.Lost("The call was cancelled.") : RecordingBackend.Text("no answer");
            said.Add(value.GetProperty("content").GetProperty("text").GetString()!);
        }

        return RecordingBackend.Text(string.Join(' ', said));
    }

    private static ValueTask<BackendReply> Done(string text) => ValueTask.FromResult<BackendReply>(RecordingBackend.Text(text));

    private static ValueTask<BackendReply> Required(string requests, string state) =>
        ValueTask.FromResult<BackendReply>(new BackendReply.InputRequired(JsonElement.Parse(requests), state));

    private static Task<CallAnswer> CallAsync(EnforcementWorld world, string tool, IAgentInputs agent, CallResumption? resumption = null) =>
        CallAsync(world.Enforcer, tool, agent, resumption);

    private static async Task<CallAnswer> CallAsync(IEnforcement enforcer, string tool, IAgentInputs agent, CallResumption? resumption = null) =>
        await enforcer.CallAsync(
            new AgentCall(EnforcementWorld.Agent, EnforcementWorld.Mission, tool, null, null) { Inputs = agent, Resumption = resumption },
            NoNotices.Instance,
            TestContext.Current.CancellationToken);

    private static string? Text(CallAnswer answer) => Assert.IsType<CallAnswer.Result>(answer).Value.GetProperty("content")[0].GetProperty("text").GetString();

    private static string? Reason(CallAnswer answer) =>
        answer is CallAnswer.Result(var value)
        && (value.TryGetProperty("structuredContent", out var denial) || (value.TryGetProperty("_meta", out var meta) && meta.TryGetProperty("harness-mcp/denial", out denial)))
            ? denial.GetProperty("reason").GetString()
            : null;

    /// <summary>Answers every request alike; null for no answer, or none ever where somebody listens.</summary>
    private sealed class LegacyAgent(JsonElement? answer) : IAgentInputs
    {
        public ConcurrentQueue<(string Method, JsonElement Parameters)> Requests { get; } = [];

        public Action? OnRequest { get; init; }

        public AgentInputs Declared => AgentInputs.Elicitation | AgentInputs.Sampling;

        public bool TakesRequests => true;

        public async Task<AgentReply> RequestAsync(string method, JsonElement parameters, CancellationToken cancellationToken)
        {
            Requests.Enqueue((method, parameters));
            OnRequest?.Invoke();
            if (OnRequest is not null)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            return answer is { } given ? new AgentReply.Result(given) : new AgentReply.None();
        }
    }
}
