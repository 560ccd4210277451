using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends.OpenApi;

public sealed class OpenApiFleetTests
{
    private const string Answer = """
        { "openapi": "3.0.3", "info": { "title": "t", "version": "1" }, "paths": { "/answer": {
            "get": { "operationId": "free", "responses": { "200": { "description": "k" } } },
            "post": { "operationId": "typed", "responses": { "200": { "description": "k", "content": { "application/json": { "schema": { "type": "object", "properties": { "n": { "type": "integer" } } } } } } } } } } }
        """;

    [Fact]
    public async Task GeneratedDocument_BecomesTools_ThatCanBeCalled()
    {
        await using var world = await ServiceWorld.StartAsync();

        var one = await world.ResultAsync("getContact", """{ "id": 2 }""");
        var all = await world.ResultAsync("listContacts", """{ "name": "Ada" }""");
        var made = await world.ResultAsync("createContact", """{ "body": { "name": "Cem", "email": "cem@corp.example", "balance": 1.10 } }""");
        var card = await world.ResultAsync("getCard", """{ "id": 1 }""");
        var gone = await world.ResultAsync("deleteContact", """{ "id": 1 }""");

        Assert.Equal(["createContact", "deleteContact", "getCard", "getContact", "listContacts"], world.Fleet.Current.Tools.Select(tool => tool.Facts.Id.Name).Order(StringComparer.Ordinal));
        Assert.Equal("Ben", one.GetProperty("structuredContent").GetProperty("name").GetString());
        Assert.Equal("Ada", all.GetProperty("structuredContent").GetProperty("result")[0].GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Array, JsonElement.Parse(ServiceWorld.TextOf(all)).GetProperty("result").ValueKind);
        Assert.Equal("""{"name":"Cem","email":"cem@corp.example","balance":1.10}""", world.Service.Requests.Single(request => request.Method == "POST").Body.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal("/contacts/3", made.GetProperty("_meta").GetProperty("harness-mcp/answer").GetProperty("location").GetString());
        Assert.StartsWith("BEGIN:VCARD", ServiceWorld.TextOf(card), StringComparison.Ordinal);
        Assert.Equal("HTTP 204 (No content), without a body.", ServiceWorld.TextOf(gone));
        Assert.DoesNotContain(world.Service.Contacts, contact => contact.Id == 1);
    }

    [Fact]
    public async Task Definition_SaysWhatTheOperationDoes_AndWhereItLeads()
    {
        await using var world = await ServiceWorld.StartAsync();

        var tool = world.Definition("getContact");
        var deletes = world.Definition("deleteContact").GetProperty("annotations");

        Assert.Equal("Read one contact.", tool.GetProperty("title").GetString());
        Assert.True(tool.GetProperty("annotations").GetProperty("readOnlyHint").GetBoolean());
        Assert.Equal((false, true), (deletes.GetProperty("readOnlyHint").GetBoolean(), deletes.GetProperty("destructiveHint").GetBoolean()));
        var request = tool.GetProperty("_meta").GetProperty("harness-mcp/request");
        Assert.Equal(("GET", $"{world.Service.Root}contacts/{{id}}"), (request.GetProperty("method").GetString(), request.GetProperty("url").GetString()));
        Assert.Equal("object", tool.GetProperty("outputSchema").GetProperty("type").GetString());
        Assert.True(tool.GetProperty("outputSchema").GetProperty("properties").TryGetProperty("manager", out _));
    }

    [Theory]
    [InlineData("\"/answer\"", "\"/other\"")]
    [InlineData("\"typed\"", "\"typed\", \"description\": \"Other words.\"")]
    public async Task ChangedDocument_IsDrift_UntilItIsApproved(string before, string after)
    {
        await using var world = await ServiceWorld.StartAsync(Answer);
        world.Service.Answer = context => context.Response.WriteAsJsonAsync(new { n = 1 });
        Assert.Equal(ToolStanding.Approved, world.Standing("typed"));
        Assert.IsType<BackendReply.Result>(await world.CallAsync("typed"));

        await File.WriteAllTextAsync(world.DocumentFile, Answer.Replace(before, after, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await ServiceWorld.Until(() => world.Standing("typed") == ToolStanding.Drifted);

        Assert.IsType<BackendReply.NotSent>(await world.CallAsync("typed"));
        Assert.Single(world.Service.Requests);
    }

    [Fact]
    public async Task ErrorOfTheService_IsAResult_ThatShowsABoundedBody()
    {
        await using var world = await ServiceWorld.StartAsync(Answer);
        world.Service.Answer = async context =>
        {
            context.Response.StatusCode = 409;
            context.Response.Headers.RetryAfter = "7";
            await context.Response.WriteAsync("{\"why\":\"taken\"}" + new string('x', 100_000));
        };

        var refused = await world.ResultAsync("typed");

        Assert.True(refused.GetProperty("isError").GetBoolean());
        Assert.StartsWith("HTTP 409 (Conflict). Try again after: 7.\n{\"why\":\"taken\"}", ServiceWorld.TextOf(refused), StringComparison.Ordinal);
        Assert.InRange(ServiceWorld.TextOf(refused).Length, 16_000, 17_000);
        Assert.Equal(409, refused.GetProperty("_meta").GetProperty("harness-mcp/answer").GetProperty("status").GetInt32());
        Assert.False(refused.TryGetProperty("structuredContent", out _));
    }

    [Fact]
    public async Task AnswerToHead_HasALength_AndNoBody()
    {
        await using var world = await ServiceWorld.StartAsync(Answer.Replace("\"get\"", "\"head\"", StringComparison.Ordinal));
        world.Service.Answer = context =>
        {
            context.Response.ContentLength = 5000;
            return Task.CompletedTask;
        };

        Assert.Equal("HTTP 200 (OK), without a body.", ServiceWorld.TextOf(await world.ResultAsync("free")));
    }

    [Fact]
    public async Task Redirect_IsNotFollowed()
    {
        await using var world = await ServiceWorld.StartAsync(Answer);
        world.Service.Answer = context =>
        {
            context.Response.Redirect("/contacts/1");
            return Task.CompletedTask;
        };

        var moved = await world.ResultAsync("free");

        Assert.True(moved.GetProperty("isError").GetBoolean());
        Assert.Contains("`/contacts/1`, and no redirect is followed", ServiceWorld.TextOf(moved), StringComparison.Ordinal);
        Assert.Single(world.Service.Requests);
    }

    [Theory]
    [InlineData("application/json", "{\"n\":\"text\"}", "not as its document says")]
    [InlineData("application/json", "{\"n\":1,\"n\":2}", "no JSON that can be read")]
    [InlineData("text/html", "<p>", "is `text/html`, where its document describes JSON")]
    [InlineData("application/json", "", "has no body")]
    public async Task AnswerUnlikeItsDocument_IsAnError_ThatSaysTheCallHappened(string type, string body, string words)
    {
        await using var world = await ServiceWorld.StartAsync(Answer);
        world.Service.Answer = async context =>
        {
            context.Response.ContentType = type;
            await context.Response.WriteAsync(body);
        };

        var result = await world.ResultAsync("typed");

        Assert.True(result.GetProperty("isError").GetBoolean());
        Assert.Contains("carried the call out", ServiceWorld.TextOf(result), StringComparison.Ordinal);
        Assert.Contains(words, ServiceWorld.TextOf(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_KeepTheirForm_AndExactNumbers()
    {
        await using var world = await ServiceWorld.StartAsync(Answer);
        var answer = (Type: "", Body: Array.Empty<byte>());
        world.Service.Answer = async context =>
        {
            context.Response.ContentType = answer.Type;
            await context.Response.Body.WriteAsync(answer.Body);
        };

        answer = ("application/problem+json; charset=utf-8", "{\"big\":12345678901234567890.10}"u8.ToArray());
        var json = await world.ResultAsync("free");
        answer = ("text/plain; charset=iso-8859-1", [0x67, 0xFC]);
        var text = await world.ResultAsync("free");
        answer = ("application/pdf", [1, 2, 3]);
        var file = (await world.ResultAsync("free")).GetProperty("content")[0];
        answer = ("image/png", [1, 2, 3]);
        var image = (await world.ResultAsync("free")).GetProperty("content")[0];

        Assert.Equal("12345678901234567890.10", json.GetProperty("structuredContent").GetProperty("big").GetRawText());
        Assert.Equal("gü", ServiceWorld.TextOf(text));
        Assert.Equal(("resource", "application/pdf", "AQID"), (file.GetProperty("type").GetString(), file.GetProperty("resource").GetProperty("mimeType").GetString(), file.GetProperty("resource").GetProperty("blob").GetString()));
        Assert.Equal(("image", "AQID"), (image.GetProperty("type").GetString(), image.GetProperty("data").GetString()));
    }

    [Fact]
    public async Task ErrorOverTheBound_IsUnreadable_AndAnAnswerThatBreaksOff_IsLost()
    {
        await using var world = await ServiceWorld.StartAsync(Answer, "\"limits\": { \"messageBytes\": 2048 }");
        world.Service.Answer = context =>
        {
            context.Response.StatusCode = 500;
            return context.Response.WriteAsync(new string('x', 5000));
        };
        var large = await world.CallAsync("free");
        world.Service.Answer = async context =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("half");
            context.Abort();
        };
        var broken = await world.CallAsync("free");

        Assert.IsType<BackendReply.Unreadable>(large);
        Assert.IsType<BackendReply.Lost>(broken);
    }

    [Theory]
    [InlineData("text/plain; charset=utf-8", false)]
    [InlineData("application/json", true)]
    [InlineData("application/octet-stream", false)]
    [InlineData("text/plain; charset=iso-8859-1", true)]
    public async Task SuccessOverTheBound_IsAResultInAFile(string type, bool isAnnounced)
    {
        await using var world = await ServiceWorld.StartAsync(Answer, "\"limits\": { \"messageBytes\": 2048 }");
        var body = System.Text.Encoding.UTF8.GetBytes($$"""{"a":"{{string.Concat(Enumerable.Repeat("ü\"😀\\ ", 30_000))}}"},"id":1,"result":{}""");
        world.Service.Answer = async context =>
        {
            context.Response.ContentType = type;
            if (isAnnounced)
                context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body);
        };

        var large = Assert.IsType<BackendReply.Large>(await world.CallAsync("free"));

        using (large.Spool)
        {
            var mission = new MissionId("work-abcdefghij");
            var tool = world.Fleet.Current.Find(new ToolId(new BackendId("api"), "free"))!.Facts;
            var kept = world.Fleet.Large.Keep(large.Spool, large.Answer, mission, new CallId(Guid.CreateVersion7()), tool)!;
            large.Spool.Dispose();
            var piece = await world.Fleet.Large.ReadAsync(mission, kept, 0, (int)kept.Length, TestContext.Current.CancellationToken);
            var result = JsonElement.Parse(piece);
            var content = result.GetProperty("content")[0];
            var told = content.GetProperty("type").GetString() == "text" ? System.Text.Encoding.UTF8.GetBytes(content.GetProperty("text").GetString()!) : content.GetProperty("resource").GetProperty("blob").GetBytesFromBase64();
            Assert.Equal(body, told);
            Assert.Equal(200, result.GetProperty("_meta").GetProperty("harness-mcp/answer").GetProperty("status").GetInt32());
        }
    }

    [Fact]
    public async Task CallThatIsLeftUnanswered_IsLost_AndTheServiceIsTold()
    {
        await using var world = await ServiceWorld.StartAsync(Answer, "\"timeouts\": { \"call\": \"500ms\" }");
        var told = new TaskCompletionSource();
        world.Service.Answer = async context =>
        {
            context.RequestAborted.Register(() => told.TrySetResult());
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };

        var late = await world.CallAsync("free");
        await told.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Contains("longer than 0.5 s", Assert.IsType<BackendReply.Lost>(late).Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("post")]
    public async Task Effect_IsNotSentTwice_WhereTheConnectionWasIdleAndIsClosed(string method)
    {
        await using var server = new HangingUpServer();
        await using var world = await ServiceWorld.StartAsync(Answer.Replace("\"post\"", $"\"{method}\"", StringComparison.Ordinal), $"\"url\": \"{server.Root}\"", isNamed: false);
        await world.CallAsync("free"); // From now on there is a connection to use again.

        var reply = await world.CallAsync("typed");

        Assert.IsType<BackendReply.Lost>(reply);
        Assert.Equal(["GET", method.ToUpperInvariant()], server.Methods);
    }

    [Fact]
    public async Task CallToAServiceThatIsDown_IsNotSent()
    {
        await using var world = await ServiceWorld.StartAsync(Answer);
        await world.Service.DisposeAsync();

        Assert.IsType<BackendReply.NotSent>(await world.CallAsync("free"));
    }

    [Fact]
    public async Task Credentials_AreThoseOfTheProxy_AndReachTheDocumentOfTheSameService()
    {
        Environment.SetEnvironmentVariable("OPENAPI_TEST_TOKEN", "s3cret");
        await using var world = await ServiceWorld.StartAsync(more: "\"headers\": { \"Authorization\": \"Bearer ${env:OPENAPI_TEST_TOKEN}\" }");

        var result = await world.ResultAsync("getContact", """{ "id": 1 }""");

        Assert.All(world.Service.Requests, request => Assert.Equal("Bearer s3cret", request.Headers["Authorization"]));
        Assert.DoesNotContain("s3cret", result.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", world.Definition("getContact").GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("2852039166")]
    [InlineData("0xA9FEA9FE")]
    [InlineData("0251.0376.0251.0376")]
    [InlineData("0xa9.0xfe.0xa9.0xfe")]
    [InlineData("169.254.43518")]
    [InlineData("169.16689662")]
    [InlineData("0251.254.169.254")]
    [InlineData("[::ffff:169.254.169.254]")]
    [InlineData("[::ffff:a9fe:a9fe]")]
    [InlineData("[64:ff9b::a9fe:a9fe]")]
    [InlineData("[2002:a9fe:a9fe::1]")]
    public async Task AddressOfMachineMetadata_IsNotAsked_HoweverADocumentSpellsIt(string host)
    {
        var text = Answer.Replace("\"paths\"", $"\"servers\": [{{ \"url\": \"https://{host}/latest\" }}], \"paths\"", StringComparison.Ordinal);

        await using var world = await ServiceWorld.StartAsync(text, isNamed: false);

        Assert.Empty(world.Fleet.Current.Tools);
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}")]
    [InlineData("http://localhost:{0}")]
    [InlineData("http://2130706433:{0}")]
    [InlineData("http://0x7f.1:{0}")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}")]
    [InlineData("http://169.254.169.254")]
    public async Task ServersOfADocument_AreNotReached_WhereTheyAreNotPublic(string server)
    {
        await using var probe = await Harness.Mcp.TestKit.Backends.ApiService.StartAsync();
        var text = Answer.Replace("\"paths\"", $"\"servers\": [{{ \"url\": \"{string.Format(System.Globalization.CultureInfo.InvariantCulture, server, probe.Root.Port)}\" }}], \"paths\"", StringComparison.Ordinal);

        await using var world = await ServiceWorld.StartAsync(text, "\"allowPlainHttp\": true", isNamed: false);

        Assert.Empty(world.Fleet.Current.Tools);
        Assert.Empty(probe.Requests);
    }
}
