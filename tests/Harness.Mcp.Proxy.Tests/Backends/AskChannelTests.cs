using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

/// <summary>What a backend asks over a stream that its calls share: it reaches the one call during which it may ask, or nobody.</summary>
public class AskChannelTests
{
    private const string Elicitation = """{"method":"elicitation/create"}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Question_ReachesItsCall_AndTheAnswerTheBackend()
    {
        await using var opened = await Opened.OverStdioAsync(new Script());
        var port = new Port((_, _) => ValueTask.FromResult<InputReply>(new InputReply.Result(JsonElement.Parse("""{"action":"accept","content":{"n":1.10}}"""))));

        var reply = await CallAsync(opened, port);

        Assert.Equal("""{"action":"accept","content":{"n":1.10}}""", Answer(reply).GetProperty("answer").GetRawText());
        Assert.Equal(["elicitation/create"], port.Asked);
    }

    [Theory]
    [InlineData("elicitation/create")]
    [InlineData("sampling/createMessage")]
    [InlineData("roots/list")]
    [InlineData("tools/list")]
    public async Task Question_OfACallThatMayNotAsk_IsRefusedAtOnce(string method)
    {
        await using var opened = await Opened.OverStdioAsync(new Script());

        var reply = await CallAsync(opened, null, $$"""{"method":"{{method}}"}""");

        Assert.Equal(BackendRequests.MethodNotFound, Answer(reply).GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData("roots/list")]
    [InlineData("tools/list")]
    public async Task OnlyFormsAndTexts_AreForTheCallsAgent(string method)
    {
        await using var opened = await Opened.OverStdioAsync(new Script());
        var port = new Port((_, _) => throw new InvalidOperationException("Nobody may ask this."));

        var reply = await CallAsync(opened, port, $$"""{"method":"{{method}}"}""");

        Assert.Equal(BackendRequests.MethodNotFound, Answer(reply).GetProperty("code").GetInt32());
        Assert.Empty(port.Asked);
    }

    [Fact]
    public async Task Roots_AreNone_WhereTheyWereDeclared()
    {
        await using var opened = await Opened.OverStdioAsync(new Script(), declares: AgentInputs.Roots);

        var reply = await CallAsync(opened, null, """{"method":"roots/list"}""");

        Assert.Equal("""{"roots":[]}""", Answer(reply).GetProperty("answer").GetRawText());
    }

    [Fact]
    public async Task CallsTime_StandsStill_WhileThePersonThinks()
    {
        await using var opened = await Opened.OverStdioAsync(new Script(), new BackendLimits { Call = TimeSpan.FromSeconds(2), Quiet = TimeSpan.FromSeconds(0.5) });
        var port = new Port(async (_, token) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(3), token);
            return new InputReply.Result(JsonElement.Parse("""{"action":"decline"}"""));
        });

        var reply = await CallAsync(opened, port);
        var silent = await opened.CallAsync("silent");

        Assert.Equal("""{"action":"decline"}""", Answer(reply).GetProperty("answer").GetRawText());
        Assert.Contains("silent", Assert.IsType<BackendReply.Lost>(silent).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SecondCallThatMayAsk_WaitsItsTurn_AndIsNotSentInVain()
    {
        await using var opened = await Opened.OverStdioAsync(new Script());
        var answer = new TaskCompletionSource<InputReply>();
        var asked = new TaskCompletionSource();
        var slow = new Port(async (_, token) =>
        {
            asked.SetResult();
            return await answer.Task.WaitAsync(token);
        });
        var quick = new Port((_, _) => ValueTask.FromResult<InputReply>(new InputReply.Result(JsonElement.Parse("""{"action":"cancel"}"""))));

        var first = CallAsync(opened, slow);
        await asked.Task.WaitAsync(Token);
        var refused = await CallAsync(opened, quick);
        var plain = await opened.CallAsync("echo");
        var second = CallAsync(opened, quick);
        answer.SetResult(new InputReply.Result(JsonElement.Parse("""{"action":"decline"}""")));

        Assert.Contains("still running", Assert.IsType<BackendReply.NotSent>(refused).Why, StringComparison.Ordinal);
        Assert.IsType<BackendReply.Result>(plain); // A call that may not ask waits for nobody.
        Assert.Equal("""{"action":"decline"}""", Answer(await first).GetProperty("answer").GetRawText());
        Assert.Equal("""{"action":"cancel"}""", Answer(await second).GetProperty("answer").GetRawText());
        Assert.Single(slow.Asked);
        Assert.Single(quick.Asked);
    }

    [Fact]
    public async Task CancelledCall_TakesItsQuestionBack()
    {
        await using var opened = await Opened.OverStdioAsync(new Script());
        using var letGo = new CancellationTokenSource();
        var takenBack = new TaskCompletionSource();
        var port = new Port(async (_, token) =>
        {
            await using var registered = token.Register(takenBack.SetResult);
            await letGo.CancelAsync();
            await Task.Delay(Timeout.Infinite, token);
            throw new InvalidOperationException("Unreachable.");
        });

        var reply = await CallAsync(opened, port, cancellation: letGo.Token);

        Assert.IsType<BackendReply.Lost>(reply);
        await takenBack.Task.WaitAsync(TimeSpan.FromSeconds(10), Token);
        var next = await CallAsync(opened, new Port((_, _) => ValueTask.FromResult<InputReply>(new InputReply.Error(-32603, "No."))));
        Assert.Equal(-32603, Answer(next).GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task BrokenPort_LeavesNoBackendWaiting()
    {
        await using var opened = await Opened.OverStdioAsync(new Script());

        var reply = await CallAsync(opened, new Port((_, _) => throw new InvalidOperationException("Broken.")));

        Assert.Equal(-32603, Answer(reply).GetProperty("code").GetInt32());
    }

    private static Task<BackendReply> CallAsync(Opened opened, Port? port, string arguments = Elicitation, CancellationToken? cancellation = null) =>
        opened.Channel.CallAsync(
            Opened.Call("question", arguments, wantsProgress: false) with { Inputs = port, MayAsk = AgentInputs.Elicitation | AgentInputs.Sampling },
            ParameterHeaders.None,
            opened,
            cancellation ?? Token).AsTask();

    private static JsonElement Answer(BackendReply reply) => Assert.IsType<BackendReply.Result>(reply).Value.GetProperty("structuredContent");

    private sealed class Port(Func<string, CancellationToken, ValueTask<InputReply>> ask) : IInputPort
    {
        public List<string> Asked { get; } = [];

        public ValueTask<InputReply> AskAsync(string method, JsonElement? parameters, CancellationToken cancellationToken)
        {
            Asked.Add(method);
            return ask(method, cancellationToken);
        }
    }
}
