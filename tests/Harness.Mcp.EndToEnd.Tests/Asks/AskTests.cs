using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Asks;

/// <summary>What real servers ask of real agents through the proxy: both eras on either side, over HTTP and through `harness connect`.</summary>
public sealed class AskTests : IAsyncLifetime
{
    private static readonly object Form = new { name = "pipe_trigger-elicitation-request", arguments = new { } };

    private AskingHome? _home;

    private AskingHome Home => _home ?? throw new InvalidOperationException("The home was not started.");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _home = await AskingHome.StartAsync(Token);

    public async ValueTask DisposeAsync()
    {
        if (_home is not null)
            await _home.DisposeAsync();
    }

    [Theory(Timeout = 120_000)]
    [InlineData("v1", "legacy", false)]
    [InlineData("v2", "legacy", false)]
    [InlineData("v2", "auto", false)]
    [InlineData("v1", "legacy", true)]
    [InlineData("v2", "auto", true)]
    public async Task ServersOfBothEras_AskAgentsOfBothEras(string sdk, string era, bool isThroughConnect)
    {
        var seen = await Home.AgentAsync(
            sdk, era, isThroughConnect, Token,
            Form,
            new { name = "web_trigger-elicitation-request", arguments = new { } },
            new { name = "web_trigger-sampling-request", arguments = new { prompt = "Hello", maxTokens = 20 } },
            new { name = "travel_book", arguments = new { } });

        Assert.Equal(
            [
                "elicitation/create [pipe] Please provide inputs for the following fields:", "elicitation/create [web] Please provide inputs for the following fields:",
                "sampling/createMessage ", "elicitation/create [travel] Which seat?", "sampling/createMessage ",
            ],
            seen.GetProperty("asked").EnumerateArray().Select(asked => $"{asked.GetProperty("method")} {asked.GetProperty("message")}"));
        var texts = seen.GetProperty("answers").EnumerateArray().Select(Text).ToArray();
        Assert.Contains("12A", texts[0], StringComparison.Ordinal);
        Assert.Contains("12A", texts[1], StringComparison.Ordinal);
        Assert.Contains("Bon voyage", texts[2], StringComparison.Ordinal);
        Assert.Equal("12A: Bon voyage", texts[3]);

        var chain = await Home.ExportAsync(Token);
        Assert.Equal(4, chain.Admitted.Count());
        Assert.Equal(["ok", "ok", "ok", "ok"], chain.Admitted.Select(chain.OutcomeOf));
        Assert.Equal(5, chain.Records.Count(record => Kind(record) == "input_asked"));
        Assert.Equal(5, chain.Records.Count(record => Kind(record) == "input_given"));
        Assert.Contains("whole", await Home.VerifyAsync(Token), StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("v1", "legacy")]
    [InlineData("v2", "auto")]
    public async Task WhatIsNotGranted_OrNoBusinessOfAForm_IsNotAsked(string sdk, string era)
    {
        var seen = await Home.AgentAsync(
            sdk, era, isThroughConnect: false, Token,
            new { name = "travel_unlock", arguments = new { } },
            new { name = "pipe_trigger-url-elicitation", arguments = new { url = "https://evil.example/", message = "Log in", errorPath = false } },
            new { name = "pipe_trigger-url-elicitation", arguments = new { url = "https://pay.corp.example.evil.example/", message = "Log in", errorPath = true } },
            new { name = "web_trigger-url-elicitation", arguments = new { url = "https://pay.corp.example/", message = "Pay", errorPath = true } },
            new { name = "pipe_get-roots-list", arguments = new { } },
            new { name = "pipe_trigger-url-elicitation", arguments = new { url = "https://pay.corp.example/1", message = "Pay", errorPath = false } });

        var asked = Assert.Single(seen.GetProperty("asked").EnumerateArray());
        Assert.Equal(("[pipe] Pay", "https://pay.corp.example/1"), (asked.GetProperty("message").GetString(), asked.GetProperty("url").GetString()));
        var answers = seen.GetProperty("answers").EnumerateArray().ToArray();
        Assert.Equal("ask_refused", Reason(answers[0]));
        Assert.True(answers[1].GetProperty("isError").GetBoolean());
        Assert.Equal("ask_refused", Reason(answers[2]));
        Assert.DoesNotContain("12A", Text(answers[4]), StringComparison.Ordinal);
        Assert.Contains("no roots are currently configured", Text(answers[4]), StringComparison.Ordinal);
        Assert.DoesNotContain("file:///work", seen.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("accept", Text(answers[5]), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task AgentThatDeclaresNothing_IsAskedNothing_AndItsServersKnow()
    {
        using var agent = new HttpAgent(Home.Endpoint);

        Assert.Equal(-32021, (await agent.CallAsync("travel_book", Token)).Error.Code); // The server's own error for a missing capability.
        Assert.True((await agent.CallAsync("pipe_trigger-elicitation-request", Token)).IsError); // To such a client the server has no such tool.
        Assert.DoesNotContain((await Home.ExportAsync(Token)).Records, record => Kind(record) == "input_asked");
    }

    [Fact(Timeout = 120_000)]
    public async Task KilledProxy_SettlesWhatAServerWaitedFor_AndGoesOnWithWhatNobodyHeld()
    {
        using var agent = new HttpAgent(Home.Endpoint) { Capabilities = new() { ["elicitation"] = new JsonObject(), ["sampling"] = new JsonObject() } };
        var held = (await agent.CallAsync("pipe_trigger-elicitation-request", Token)).Result;
        var free = (await agent.CallAsync("travel_book", Token)).Result;
        Assert.Equal("input_required", held.GetProperty("resultType").GetString());
        Assert.Equal("input_required", free.GetProperty("resultType").GetString());

        await Home.RestartAsync(Token);

        using var again = new HttpAgent(Home.Endpoint) { Capabilities = new() { ["elicitation"] = new JsonObject(), ["sampling"] = new JsonObject() } };
        var lost = await AnswerAsync(again, "pipe_trigger-elicitation-request", held, new { name = "Ada" });
        Assert.Equal("request_state_used", lost.Reason);
        var next = (await AnswerAsync(again, "travel_book", free, new { seat = "7C" })).Result;
        Assert.Equal("input_required", next.GetProperty("resultType").GetString());
        Assert.Equal("7C: Hi", (await RepeatAsync(again, "travel_book", next, new { role = "assistant", model = "m", content = new { type = "text", text = "Hi" } })).Text);

        var chain = await Home.ExportAsync(Token);
        Assert.Equal(["unknown", "ok"], chain.Admitted.Select(chain.OutcomeOf));
        Assert.Contains("whole", await Home.VerifyAsync(Token), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task CancelledCall_WhileItsServerWaits_IsUnknown_AndTheServerIsFree()
    {
        using var agent = new HttpAgent(Home.Endpoint) { Capabilities = new() { ["elicitation"] = new JsonObject(), ["sampling"] = new JsonObject() } };
        using var legacy = await SessionAgent.OpenAsync(Home.Endpoint, Token, new() { ["elicitation"] = new JsonObject() });

        var call = legacy.CallAsync("pipe_trigger-elicitation-request", 7, Token);
        await Home.Proxy.LoggedAsync("question 1: elicitation", Token);
        await legacy.NotifyAsync("notifications/cancelled", new() { ["requestId"] = 7 }, Token);
        await Assert.ThrowsAnyAsync<Exception>(() => call);

        var next = (await agent.CallAsync("pipe_trigger-elicitation-request", Token)).Result;
        Assert.Equal("input_required", next.GetProperty("resultType").GetString());
        Assert.Contains("Ada", (await AnswerAsync(agent, "pipe_trigger-elicitation-request", next, new { name = "Ada" })).Text, StringComparison.Ordinal);
        var chain = await Home.ExportAsync(Token);
        Assert.Equal(["unknown", "ok"], chain.Admitted.Select(chain.OutcomeOf));
    }

    private static Task<AgentAnswer> AnswerAsync(HttpAgent agent, string tool, JsonElement asked, object content) => RepeatAsync(agent, tool, asked, new { action = "accept", content });

    private static Task<AgentAnswer> RepeatAsync(HttpAgent agent, string tool, JsonElement asked, object response)
    {
        var key = asked.GetProperty("inputRequests").EnumerateObject().Single().Name;
        return agent.SendAsync(
            "tools/call",
            new JsonObject
            {
                ["name"] = tool,
                ["arguments"] = new JsonObject(),
                ["requestState"] = asked.GetProperty("requestState").GetString(),
                ["inputResponses"] = new JsonObject { [key] = JsonSerializer.SerializeToNode(response) },
            },
            null,
            Token);
    }

    private static string Kind(JsonElement record) => record.GetProperty("kind").GetString()!;

    private static string Text(JsonElement answer) => answer.TryGetProperty("content", out var content)
        ? string.Join('\n', content.EnumerateArray().Select(item => item.TryGetProperty("text", out var text) ? text.GetString() : ""))
        : answer.GetRawText();

    private static string? Reason(JsonElement answer) => answer.TryGetProperty("structuredContent", out var denial) ? denial.GetProperty("reason").GetString() : null;
}
