using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Enforcement.Asking;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement.Asking;

/// <summary>What a backend may ask, and how it is shown.</summary>
public class QuestionTests
{
    private const AgentInputs All = AgentInputs.Elicitation | AgentInputs.ElicitationUrl | AgentInputs.Sampling | AgentInputs.Roots;

    private static readonly AskTerms Terms = new() { Hosts = ["pay.corp.example"] };

    [Fact]
    public void Form_IsShownUnderTheBackendsName()
    {
        var asked = Asked("""{ "mode": "form", "message": "Which seat?\nWindow or aisle\u202e", "requestedSchema": { "type": "object", "properties": { "seat": { "type": "string", "default": "12A" } } }, "_meta": { "x": 1 }, "task": {} }""");

        Assert.Equal(
            """{"mode":"form","message":"[travel] Which seat?\nWindow or aisle\\u{202E}","requestedSchema":{"type":"object","properties":{"seat":{"type":"string","default":"12A"}}}}""",
            asked.GetProperty("params").GetRawText());
    }

    [Theory]
    [InlineData("""{ "password": { "type": "string" } }""")]
    [InlineData("""{ "userPassword": { "type": "string" } }""")]
    [InlineData("""{ "api_key": { "type": "string" } }""")]
    [InlineData("""{ "apiKey": { "type": "string" } }""")]
    [InlineData("""{ "value": { "type": "string", "title": "Access token" } }""")]
    [InlineData("""{ "value": { "type": "string", "description": "The one-time code we sent you" } }""")]
    [InlineData("""{ "value": { "type": "string", "format": "password" } }""")]
    [InlineData("""{ "value": { "type": "string", "writeOnly": true } }""")]
    [InlineData("""{ "card-number": { "type": "string" } }""")]
    [InlineData("""{ "PIN": { "type": "integer" } }""")]
    public void Form_ForASecret_IsRefused(string properties) =>
        Assert.Contains("for a secret in a form", Refused(Form(properties)), StringComparison.Ordinal);

    [Theory]
    [InlineData("Type your password to go on.")]
    [InlineData("What is your PIN?")]
    [InlineData("Paste the API key of your account")]
    [InlineData("Enter the one-time code")]
    public void Form_WhoseMessageAsksForASecret_IsRefused(string message) => Assert.Contains(
        "for a secret in a form", Refused($"{{ \"message\": \"{message}\"," + """ "requestedSchema": { "type": "object", "properties": { "value": { "type": "string" } } } }"""), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ "passenger": { "type": "string" }, "spin": { "type": "boolean" }, "keyboard": { "type": "string" } }""")]
    [InlineData("""{ "number": { "type": "integer", "description": "Your favorite integer (do not give us your phone number, pin, or other sensitive info)" } }""")]
    [InlineData("""{ "many": { "type": "array", "items": { "type": "string", "enum": ["a", "b"] } } }""")]
    public void Form_OfPlainFields_IsAsked(string properties) => Asked(Form(properties));

    [Theory]
    [InlineData("""{ "deep": { "type": "object" } }""", "other than plain fields")]
    [InlineData("""{ "list": { "type": "array", "items": { "type": "object" } } }""", "other than plain fields")]
    [InlineData("""{ "untyped": {} }""", "other than plain fields")]
    [InlineData("""{ "a": { "type": "string", "title": "Your\u202ename" } }""", "invisible text")]
    [InlineData("""{ "a": { "type": "string", "pattern": "(" } }""", "schema cannot be used")]
    public void Form_ThatIsNotPlain_IsRefused(string properties, string why) => Assert.Contains(why, Refused(Form(properties)), StringComparison.Ordinal);

    [Theory]
    [InlineData("https://pay.corp.example/c?id=1")]
    [InlineData("https://pay.corp.example")]
    public void Page_OnAListedHost_IsAsked(string url) =>
        Assert.StartsWith("https://pay.corp.example/", Asked(Page(url)).GetProperty("params").GetProperty("url").GetString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://pay.corp.example/")]
    [InlineData("https://pay.corp.example.evil.example/")]
    [InlineData("https://evil.example/pay.corp.example")]
    [InlineData("https://pay.corp.example@evil.example/")]
    [InlineData("https://user:x@pay.corp.example/")]
    [InlineData("https://pay.corp.example:8443/")]
    [InlineData("https://p\u0430y.corp.example/")]
    [InlineData("https://xn--py-7kc.corp.example/")]
    [InlineData("https://sub.pay.corp.example/")]
    [InlineData("https:\\\\pay.corp.example\\")]
    [InlineData("https://pay.corp.example\\@evil.example/")]
    [InlineData("https://pay%2ecorp.example/")]
    [InlineData(" https://pay.corp.example/")]
    [InlineData("javascript:alert(1)//pay.corp.example")]
    [InlineData("https://[::1]/")]
    [InlineData("/c?id=1")]
    public void Page_ElsewhereOrLookingAlike_IsRefused(string url) =>
        Assert.Contains("not over https on a host which its owner lists", Refused(Page(url)), StringComparison.Ordinal);

    [Fact]
    public void Sampling_GetsNothingOfTheAgentsOtherConversations()
    {
        var asked = Asked("""{ "messages": [{ "role": "user", "content": { "type": "text", "text": "Hi" } }], "maxTokens": 10, "includeContext": "allServers", "metadata": { "a": 1 } }""", "sampling/createMessage");

        Assert.Equal(["messages", "maxTokens"], asked.GetProperty("params").EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public void Sampling_WithTools_IsRefused() => Assert.Contains(
        "tools of its own", Refused("""{ "messages": [], "maxTokens": 10, "tools": [{ "name": "x" }] }""", "sampling/createMessage"), StringComparison.Ordinal);

    [Theory]
    [InlineData("tools/call")]
    [InlineData("ping")]
    [InlineData("Elicitation/create")]
    public void OtherMethods_AreRefused(string method) => Assert.Contains("no agent can be asked", Refused("{}", method), StringComparison.Ordinal);

    [Fact]
    public void WhatIsNotGranted_IsRefused()
    {
        var (question, refusal) = Question.Read(new BackendId("travel"), Terms, AgentInputs.Sampling, Requests("elicitation/create", Form("{}")));

        Assert.Null(question);
        Assert.Equal("ask_refused", refusal!.Reason.Value);
        Assert.Contains("`elicitation`, which is not granted", refusal.Say, StringComparison.Ordinal);
    }

    [Fact]
    public void SeveralRequests_AreOneQuestion_OrNone()
    {
        const string Sample = """{ "method": "sampling/createMessage", "params": { "messages": [], "maxTokens": 1 } }""";
        var both = JsonElement.Parse($$"""{ "a": {{Sample}}, "b": { "method": "roots/list" } }""");

        Assert.Equal(AgentInputs.Sampling | AgentInputs.Roots, Question.Read(new BackendId("travel"), Terms, All, both).Question!.Kinds);
        Assert.Null(Question.Read(new BackendId("travel"), Terms, AgentInputs.Sampling, both).Question);
        Assert.Null(Question.Read(new BackendId("travel"), Terms, All, JsonElement.Parse("{}")).Question);
        Assert.Null(Question.Read(new BackendId("travel"), Terms, All, JsonElement.Parse($$"""{ "__proto__": {{Sample}} }""")).Question);
    }

    [Theory]
    [InlineData("""{ "action": "accept", "content": { "seat": "1A" }, "_meta": {} }""", """{"action":"accept","content":{"seat":"1A"}}""")]
    [InlineData("""{ "action": "decline", "content": { "seat": "1A" } }""", """{"action":"decline"}""")]
    [InlineData("""{ "action": "cancel" }""", """{"action":"cancel"}""")]
    public void Answer_IsWrittenAnew(string answer, string written)
    {
        var given = Assert.IsType<Answers.Given>(Answers.Read(SeatForm, JsonElement.Parse($$"""{ "q": {{answer}}, "other": { "action": "accept" } }""")));

        Assert.Equal($$"""{"q":{{written}}}""", given.Value.GetRawText());
    }

    [Theory]
    [InlineData("""{ "q": 12345 }""")]
    [InlineData("""{ "q": { "action": "Accept" } }""")]
    [InlineData("""{ "q": { "action": "accept", "content": { "seat": 1 } } }""")]
    [InlineData("""{ "q": { "action": "accept" } }""")]
    [InlineData("""{ "q": { "action": "accept", "content": [] } }""")]
    public void Answer_OfAnotherShape_IsInvalid(string responses) => Assert.IsType<Answers.Invalid>(Answers.Read(SeatForm, JsonElement.Parse(responses)));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "Q": { "action": "cancel" } }""")]
    public void Answer_ToSomethingElse_IsMissing(string responses) => Assert.IsType<Answers.Missing>(Answers.Read(SeatForm, JsonElement.Parse(responses)));

    private static JsonElement SeatForm { get; } = Question.Read(
        new BackendId("travel"), Terms, All,
        JsonElement.Parse("""{ "q": { "method": "elicitation/create", "params": { "message": "Seat?", "requestedSchema": { "type": "object", "properties": { "seat": { "type": "string" } }, "required": ["seat"] } } } }""")).Question!.Asked;

    private static string Form(string properties) => $$"""{ "message": "Please fill this in.", "requestedSchema": { "type": "object", "properties": {{properties}} } }""";

    private static string Page(string url) => JsonSerializer.Serialize(new { mode = "url", message = "Pay here.", url, elicitationId = "e-1" });

    private static JsonElement Requests(string method, string parameters) => JsonElement.Parse($$"""{ "q": { "method": "{{method}}", "params": {{parameters}} } }""");

    private static JsonElement Asked(string parameters, string method = "elicitation/create")
    {
        var (question, refusal) = Question.Read(new BackendId("travel"), Terms, All, Requests(method, parameters));
        Assert.True(question is not null, refusal?.Say);
        return question.Asked.GetProperty("q");
    }

    private static string Refused(string parameters, string method = "elicitation/create")
    {
        var (question, refusal) = Question.Read(new BackendId("travel"), Terms, All, Requests(method, parameters));
        Assert.Null(question);
        return refusal!.Say;
    }
}
