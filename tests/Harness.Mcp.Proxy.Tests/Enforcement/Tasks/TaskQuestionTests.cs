using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Xunit;
using static Harness.Mcp.Proxy.Tests.Enforcement.Tasks.ScriptedTask;

namespace Harness.Mcp.Proxy.Tests.Enforcement.Tasks;

/// <summary>What a task asks of its agent, through the real enforcement: questions and answers like those of a call that runs.</summary>
public class TaskQuestionTests
{
    private const string Mission = """
        mission: tidy
        objective: Tidy the notes.
        owner: owner@corp.example
        agents: [tidier]
        lifetime: 1h
        grants:
          - { read: [notes/*] }
          - { tools: [notes/write], asks: [elicitation] }
        rules:
          - { id: no-leak, on: [notes/write], carry: { refuse: [secret] } }
        """;

    [Fact]
    public async Task Question_AndAnswer_AreOnTheChain_BeforeTheyLeave()
    {
        var (world, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Asks("q");

        var shown = Shown(await task.GetAsync(handle));
        Assert.Equal(["CallAdmitted", "TaskOpened", "InputAsked"], await task.KindsAsync());
        Assert.Equal("input_required", shown.GetProperty("status").GetString());
        Assert.Equal("[notes] Sure?", shown.GetProperty("inputRequests").GetProperty("q").GetProperty("params").GetProperty("message").GetString());

        Assert.IsType<TaskAnswer.Noted>(await task.UpdateAsync(handle, """{ "q": { "action": "accept", "content": { "text": "yes" } } }"""));
        var (update, linksThen) = world.Backend.TaskRequests.Single(one => one.Request.Errand == TaskErrand.Update);
        Assert.Equal(("yes", 5), (update.Responses!.Value.GetProperty("q").GetProperty("content").GetProperty("text").GetString(), linksThen));

        task.Completes("Done.");
        Assert.Equal("Done.", Text(await task.GetAsync(handle)));
        Assert.Equal(["CallAdmitted", "TaskOpened", "InputAsked", "InputGiven", "CallSettled"], await task.KindsAsync());
    }

    [Fact]
    public async Task Question_IsOneLink_HoweverOftenItIsAskedFor()
    {
        var (world, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Asks("q");

        for (var poll = 0; poll < 5; poll++)
            Assert.Equal("input_required", Status(await task.GetAsync(handle)));
        world.UseProcess(world.NewProxy());
        Assert.Equal("input_required", Status(await task.GetAsync(handle)));

        Assert.Equal(["CallAdmitted", "TaskOpened", "InputAsked"], await task.KindsAsync());
    }

    [Fact]
    public async Task Question_MayBeAnsweredInParts()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Asks("one", "two");
        await task.GetAsync(handle);

        await task.UpdateAsync(handle, """{ "one": { "action": "decline" } }""");

        // The backend may take a while to take the answer in; the agent is not asked again.
        Assert.Equal(["two"], Shown(await task.GetAsync(handle)).GetProperty("inputRequests").EnumerateObject().Select(request => request.Name));
        task.Asks("two");
        Assert.Equal(["two"], Shown(await task.GetAsync(handle)).GetProperty("inputRequests").EnumerateObject().Select(request => request.Name));
        await task.UpdateAsync(handle, """{ "two": { "action": "decline" } }""");
        Assert.Equal("working", Status(await task.GetAsync(handle)));

        Assert.Equal(2, task.Requests(TaskErrand.Update));
        Assert.Equal(["CallAdmitted", "TaskOpened", "InputAsked", "InputGiven", "InputAsked", "InputGiven"], await task.KindsAsync());
    }

    [Fact]
    public async Task AnswersThatNobodyAskedFor_ArePassedOver()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        Assert.IsType<TaskAnswer.Noted>(await task.UpdateAsync(handle, """{ "q": { "action": "accept" } }"""));
        task.Asks("q");
        await task.GetAsync(handle);

        Assert.IsType<TaskAnswer.Noted>(await task.UpdateAsync(handle, """{ "other": { "action": "accept" } }"""));

        Assert.Equal(0, task.Requests(TaskErrand.Update));
        Assert.Equal(["CallAdmitted", "TaskOpened", "InputAsked"], await task.KindsAsync());
    }

    [Theory]
    [InlineData("""{ "q": { "action": "accept", "content": { "text": "sk-live-4eC39HqLyjWDarjtT1zdp7dc" } } }""", "carries_refused")]
    [InlineData("""{ "q": { "action": "accept", "content": { "text": 7 } } }""", "input_invalid")]
    public async Task AnswerThatMustNotLeave_GivesTheTaskUp(string responses, string reason)
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Asks("q");
        await task.GetAsync(handle);

        Assert.Equal($"1005 {reason}", Refusal(await task.UpdateAsync(handle, responses)));

        Assert.Equal((0, 1), (task.Requests(TaskErrand.Update), task.Requests(TaskErrand.Cancel)));
        Assert.Equal(["CallAdmitted", "TaskOpened", "InputAsked", "InputRefused", "CallSettled"], await task.KindsAsync());
        Assert.Equal(CallOutcome.Unknown, (await task.SettledAsync()).Outcome);
    }

    [Fact]
    public async Task Question_IsNotAsked_WithoutAGrant_AndTheTaskIsGivenUp()
    {
        var (world, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync("notes_read");
        Assert.Equal(AgentInputs.None, world.Backend.Calls.Single().Call.MayAsk);
        task.Asks("q");

        var shown = Shown(await task.GetAsync(handle));

        Assert.Equal(("completed", "ask_refused"), (shown.GetProperty("status").GetString(), shown.GetProperty("result").GetProperty("structuredContent").GetProperty("reason").GetString()));
        Assert.Equal(1, task.Requests(TaskErrand.Cancel));
        Assert.Equal(["CallAdmitted", "TaskOpened", "CallSettled"], await task.KindsAsync());
    }

    [Fact]
    public async Task Question_IsNotShown_ToARequestThatDoesNotDeclareIt_AndTheTaskGoesOn()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Asks("q");

        Assert.Equal(AgentInputs.Elicitation, Assert.IsType<TaskAnswer.Undeclared>(await task.GetAsync(handle, AgentInputs.None)).Missing);
        Assert.Equal(["CallAdmitted", "TaskOpened"], await task.KindsAsync());

        Assert.Equal("input_required", Status(await task.GetAsync(handle)));
    }

    [Fact]
    public async Task QuestionThatIsTakenBack_StandsNoLonger()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Asks("q");
        await task.GetAsync(handle);

        task.Works();
        Assert.Equal("working", Status(await task.GetAsync(handle)));
        Assert.IsType<TaskAnswer.Noted>(await task.UpdateAsync(handle, """{ "q": { "action": "decline" } }"""));

        Assert.Equal(0, task.Requests(TaskErrand.Update));
        Assert.Equal(["CallAdmitted", "TaskOpened", "InputAsked", "InputRefused"], await task.KindsAsync());
    }

    [Fact]
    public async Task Questions_HaveAnEnd()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        for (var round = 0; round < OpenAsk.RoundsMax; round++)
        {
            task.Asks($"q{round}");
            Assert.Equal("input_required", Status(await task.GetAsync(handle)));
            await task.UpdateAsync(handle, $$"""{ "q{{round}}": { "action": "decline" } }""");
        }

        task.Asks("one-more");
        Assert.Equal("ask_refused", Shown(await task.GetAsync(handle)).GetProperty("result").GetProperty("structuredContent").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task AnswerThatTheBackendDidNotTake_MayBeGivenAgain()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Asks("q");
        await task.GetAsync(handle);
        task.Instead = request => request.Errand == TaskErrand.Update ? new TaskReply.None("no connection") : null;
        Assert.Equal("1005 backend_unavailable", Refusal(await task.UpdateAsync(handle, """{ "q": { "action": "decline" } }""")));

        task.Instead = _ => null;
        Assert.Equal("input_required", Status(await task.GetAsync(handle)));
        Assert.IsType<TaskAnswer.Noted>(await task.UpdateAsync(handle, """{ "q": { "action": "decline" } }"""));

        Assert.Equal(2, task.Requests(TaskErrand.Update));
    }
}
