using System.Text.Json;
using CsCheck;
using Harness.Mcp.Proxy.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends.OpenApi;

/// <summary>Requests as the service gets them, byte for byte.</summary>
public sealed class RequestTests
{
    private const string Colours = """["blue","bl ack","br/own"]""";
    private const string Channels = """{"R":100,"G":200,"B":"a&b=c"}""";

    private static readonly string[] Tails = ["", "..", "%2e", "%2f", "%5c", "%252f", "\u2025", "\uff0f"];

    [Theory]
    [InlineData("simple", false, "\"bl ue\"", "bl%20ue")]
    [InlineData("simple", true, "[\"a\",\"b\"]", "a,b")]
    [InlineData("simple", false, "{\"R\":100,\"G\":200}", "R,100,G,200")]
    [InlineData("simple", true, "{\"R\":100,\"G\":200}", "R=100,G=200")]
    [InlineData("label", false, "\"blue\"", ".blue")]
    [InlineData("label", false, "[\"a\",\"b\"]", ".a,b")]
    [InlineData("label", true, "[\"a\",\"b\"]", ".a.b")]
    [InlineData("label", false, "{\"R\":100,\"G\":200}", ".R,100,G,200")]
    [InlineData("label", true, "{\"R\":100,\"G\":200}", ".R=100.G=200")]
    [InlineData("matrix", false, "\"blue\"", ";v=blue")]
    [InlineData("matrix", false, "[\"a\",\"b\"]", ";v=a,b")]
    [InlineData("matrix", true, "[\"a\",\"b\"]", ";v=a;v=b")]
    [InlineData("matrix", false, "{\"R\":100,\"G\":200}", ";v=R,100,G,200")]
    [InlineData("matrix", true, "{\"R\":100,\"G\":200}", ";R=100;G=200")]
    public async Task PathStyles_AreThoseOfOpenApi(string style, bool explode, string value, string expected) =>
        Assert.Equal($"/echo/{expected}", await TargetAsync("/echo/{v}", Parameter("path", style, explode, value), value));

    [Theory]
    [InlineData("form", true, "\"a&b\"", "?v=a%26b")]
    [InlineData("form", true, "1.50", "?v=1.50")]
    [InlineData("form", true, "true", "?v=true")]
    [InlineData("form", true, "\"\"", "?v=")]
    [InlineData("form", true, Colours, "?v=blue&v=bl%20ack&v=br%2Fown")]
    [InlineData("form", false, Colours, "?v=blue,bl%20ack,br%2Fown")]
    [InlineData("form", true, "[]", "")]
    [InlineData("form", false, "[]", "")]
    [InlineData("form", true, Channels, "?R=100&G=200&B=a%26b%3Dc")]
    [InlineData("form", false, Channels, "?v=R,100,G,200,B,a%26b%3Dc")]
    [InlineData("spaceDelimited", false, Colours, "?v=blue%20bl%20ack%20br%2Fown")]
    [InlineData("pipeDelimited", false, Colours, "?v=blue%7Cbl%20ack%7Cbr%2Fown")]
    [InlineData("deepObject", true, Channels, "?v%5BR%5D=100&v%5BG%5D=200&v%5BB%5D=a%26b%3Dc")]
    public async Task QueryStyles_AreThoseOfOpenApi(string style, bool explode, string value, string expected) =>
        Assert.Equal($"/echo/x{expected}", await TargetAsync("/echo/x", Parameter("query", style, explode, value), value));

    [Fact]
    public async Task HeadersCookiesAndJsonParameters_ArriveAsWritten()
    {
        await using var world = await WorldAsync("/echo/x", """
            { "name": "X-List", "in": "header", "schema": { "type": "array" } }, { "name": "c", "in": "cookie", "schema": { "type": "string" } },
            { "name": "d", "in": "cookie", "schema": { "type": "string" } }, { "name": "q", "in": "query", "content": { "application/json": { "schema": {} } } }
            """);

        Assert.IsType<BackendReply.Result>(await world.CallAsync("call", """{ "X-List": ["a", 2], "c": "x; y=\"z\"", "d": "e", "q": { "n": 1.10 } }"""));

        var request = Assert.Single(world.Service.Requests);
        Assert.Equal("a,2", request.Headers["X-List"]);
        Assert.Equal("c=x%3B%20y%3D%22z%22; d=e", request.Headers["Cookie"]);
        Assert.Equal("/echo/x?q=%7B%22n%22%3A1.10%7D", request.Target);
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$|^$", request.Headers.GetValueOrDefault("traceparent", ""));
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("../admin")]
    [InlineData("a/../../admin")]
    [InlineData("..\\admin")]
    [InlineData("a/b")]
    [InlineData("%2e%2e")]
    [InlineData("%252e%252e%252fadmin")]
    [InlineData("..%2fadmin")]
    [InlineData("..;x")]
    [InlineData("a\r\nHost: evil")]
    [InlineData("a\u0000b")]
    public async Task PathArgument_ThatWouldLeadElsewhere_IsRefused_AndNothingIsSent(string value)
    {
        await using var world = await WorldAsync("/echo/{v}/rest", """{ "name": "v", "in": "path", "required": true, "schema": {} }""");

        var reply = await world.CallAsync("call", $$"""{ "v": {{JsonSerializer.Serialize(value)}} }""");

        Assert.StartsWith("Nothing was sent. ", Assert.IsType<BackendReply.Error>(reply).Value.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(world.Service.Requests);
    }

    [Theory]
    [InlineData("@evil.example/", "/echo/%40evil.example%2F")]
    [InlineData("?x=1#y", "/echo/%3Fx%3D1%23y")]
    [InlineData("a%2Fb?", null)]
    [InlineData("http://evil", null)]
    [InlineData(":80", "/echo/%3A80")]
    public async Task PathArgument_NeverChoosesHostOrQuery(string value, string? expected)
    {
        await using var world = await WorldAsync("/echo/{v}", """{ "name": "v", "in": "path", "required": true, "schema": {} }""");

        await world.CallAsync("call", $$"""{ "v": {{JsonSerializer.Serialize(value)}} }""");

        // A slash is refused even where it is encoded.
        Assert.Equal(expected is null || expected.Contains("%2F", StringComparison.Ordinal) ? [] : [expected], world.Service.Requests.Select(request => request.Target));
    }

    [Fact]
    public async Task TwoArguments_CannotMakeTogetherWhatNeitherMayAlone()
    {
        await using var world = await WorldAsync("/echo/{a}{b}", """{ "name": "a", "in": "path", "required": true, "schema": {} }, { "name": "b", "in": "path", "required": true, "schema": {} }""");

        Assert.IsType<BackendReply.Error>(await world.CallAsync("call", """{ "a": ".", "b": "." }"""));
        Assert.IsType<BackendReply.Error>(await world.CallAsync("call", """{ "a": "%2", "b": "e." }"""));
        Assert.IsType<BackendReply.Result>(await world.CallAsync("call", """{ "a": ".", "b": "x" }"""));
        Assert.Equal("/echo/.x", Assert.Single(world.Service.Requests).Target);
    }

    [Theory]
    [InlineData("a\r\nX-Evil: 1")]
    [InlineData("a\nb")]
    [InlineData("ü")]
    [InlineData(" a")]
    public async Task HeaderArgument_ThatIsNotOneHeader_IsRefused(string value)
    {
        await using var world = await WorldAsync("/echo/x", """{ "name": "X-One", "in": "header", "schema": {} }""");

        Assert.IsType<BackendReply.Error>(await world.CallAsync("call", $$"""{ "X-One": {{JsonSerializer.Serialize(value)}} }"""));
        Assert.Empty(world.Service.Requests);
    }

    [Theory]
    [InlineData("""{ "v": { "a": { "b": 1 } } }""", "deepObject", true)]
    [InlineData("""{ "v": [[1]] }""", "form", true)]
    public async Task ValueThatNoStyleWrites_IsRefused(string arguments, string style, bool explode)
    {
        await using var world = await WorldAsync("/echo/x", $$"""{ "name": "v", "in": "query", "style": "{{style}}", "explode": {{(explode ? "true" : "false")}}, "schema": {} }""");

        Assert.IsType<BackendReply.Error>(await world.CallAsync("call", arguments));
        Assert.Empty(world.Service.Requests);
    }

    [Theory]
    [InlineData("""{ "filter": { "limit": 1000 } }""", false)]
    [InlineData("""{ "limit": 1, "filter": { "Limit": 1000 } }""", false)]
    [InlineData("""{ "filter": { "a": 1 }, "more": { "a": 2 } }""", false)]
    [InlineData("""{ "limit": 1, "filter": { "a": 1 }, "more": { "b": 2 } }""", true)]
    public async Task ObjectWrittenMemberByMember_CannotSetAnotherArgument(string arguments, bool isSent)
    {
        await using var world = await WorldAsync("/echo/x", """
            { "name": "limit", "in": "query", "schema": {} }, { "name": "filter", "in": "query", "schema": {} }, { "name": "more", "in": "query", "schema": {} }
            """);

        var reply = await world.CallAsync("call", arguments);

        Assert.Equal(isSent, reply is BackendReply.Result);
        Assert.Equal(isSent ? ["/echo/x?limit=1&a=1&b=2"] : [], world.Service.Requests.Select(request => request.Target));
    }

    [Fact]
    public async Task AnyText_ArrivesAsTheOneSegmentOrTheOneValueThatItIs_OrNotAtAll()
    {
        await using var world = await WorldAsync("/echo/{p}/end", """{ "name": "p", "in": "path", "required": true, "schema": {} }, { "name": "q", "in": "query", "schema": {} }""");
        var texts = Gen.Select(
            Gen.String[Gen.OneOf(Gen.Char["./\\%?#&=;:@ +-~'\"<>|{}\r\n\t\0"], Gen.Char.AlphaNumeric, Gen.Char['\u0080', '\ud7ff']), 0, 12],
            Gen.Int[0, 7].Select(index => Tails[index])).Select((text, tail) => text + tail);

        var arrived = 0;
        await texts.SampleAsync(async text =>
        {
            var seen = world.Service.Requests.Length;
            var reply = await world.CallAsync("call", JsonSerializer.Serialize(new { p = text, q = text }));

            var fresh = world.Service.Requests[seen..];
            if (reply is BackendReply.Error)
            {
                Assert.Empty(fresh);
                return;
            }

            arrived++;
            var target = Assert.Single(fresh).Target;
            var (path, query) = (target.Split('?')[0], target.Split('?')[1]);
            Assert.Equal(["", "echo", text, "end"], path.Split('/').Select(part => Uri.UnescapeDataString(part)));
            Assert.Equal(["q", text], query.Split('=').Select(part => Uri.UnescapeDataString(part)));
            Assert.DoesNotContain('&', query);
            Assert.DoesNotContain(path.Split('/'), segment => Uri.UnescapeDataString(Uri.UnescapeDataString(segment)) is "." or "..");
        }, iter: 500, threads: 1);
        Assert.InRange(arrived, 20, 480);
    }

    private static string Parameter(string place, string style, bool explode, string value)
    {
        var type = JsonElement.Parse(value).ValueKind.ToString().ToLowerInvariant();
        return $$"""{ "name": "v", "in": "{{place}}", "required": true, "style": "{{style}}", "explode": {{(explode ? "true" : "false")}}, "schema": { "description": "{{type}}" } }""";
    }

    private static Task<ServiceWorld> WorldAsync(string path, string parameters) => ServiceWorld.StartAsync($$"""
        { "openapi": "3.0.3", "info": { "title": "t", "version": "1" }, "paths": { "{{path}}": { "get": { "operationId": "call", "parameters": [{{parameters}}], "responses": { "200": { "description": "k" } } } } } }
        """);

    private static async Task<string> TargetAsync(string path, string parameter, string value)
    {
        await using var world = await WorldAsync(path, parameter);
        var reply = await world.CallAsync("call", $$"""{ "v": {{value}} }""");
        Assert.True(reply is BackendReply.Result, reply.ToString());
        return Assert.Single(world.Service.Requests).Target;
    }
}
