using Harness.Mcp.Proxy.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends.OpenApi;

/// <summary>Bodies that are forms, as the service gets them.</summary>
public sealed class FormTests
{
    private const string UrlEncoded = "application/x-www-form-urlencoded";
    private const string Multipart = "multipart/form-data";

    [Theory]
    [InlineData("""{ "a": "x&y=z ü", "n": 1.50, "t": true, "none": null }""", "a=x%26y%3Dz%20%C3%BC&n=1.50&t=true")]
    [InlineData("""{ "list": ["a", "b,c"] }""", "list=a&list=b%2Cc")]
    [InlineData("""{ "piped": ["a", "b"] }""", "piped=a%7Cb")]
    [InlineData("""{ "deep": { "k": "v" } }""", "deep%5Bk%5D=v")]
    [InlineData("""{ "json": { "k": [1.10] } }""", "json=%7B%22k%22%3A%5B1.10%5D%7D")]
    [InlineData("""{ "x\u0026y=": "1" }""", "x%26y%3D=1")]
    [InlineData("{}", "")]
    public async Task UrlEncodedForm_IsWrittenByItsEncoding(string body, string expected)
    {
        await using var world = await WorldAsync(UrlEncoded);

        Assert.IsType<BackendReply.Result>(await world.CallAsync("call", $$"""{ "body": {{body}} }"""));

        var request = Assert.Single(world.Service.Requests);
        Assert.Equal(UrlEncoded, request.Headers["Content-Type"]);
        Assert.Equal(expected, request.Body);
    }

    [Theory]
    [InlineData("""{ "other": { "a": "1" } }""")]
    [InlineData("""{ "list": [["a"]] }""")]
    [InlineData("""{ "deep": { "k": "v" }, "deep[k]": "w" }""")]
    [InlineData("""{ "a": "1", "A": "2" }""")]
    public async Task UrlEncodedForm_ThatCouldBeReadOtherwise_IsRefused_AndNothingIsSent(string body)
    {
        await using var world = await WorldAsync(UrlEncoded);

        var reply = await world.CallAsync("call", $$"""{ "body": {{body}} }""");

        Assert.StartsWith("Nothing was sent. The argument `body.", Assert.IsType<BackendReply.Error>(reply).Value.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(world.Service.Requests);
    }

    [Fact]
    public async Task MultipartForm_HasAPartForEachValue()
    {
        await using var world = await WorldAsync(Multipart, """, "photo": { "type": "string", "format": "binary" }, "scans": { "type": "array", "items": { "type": "string", "format": "binary" } }""");

        Assert.IsType<BackendReply.Result>(await world.CallAsync("call", """
            { "body": { "a": "x\r\n--y ü", "n": 1.10, "list": ["p", "q"], "other": { "k": [1.10] }, "json": ["z"], "photo": "aGkA", "scans": ["MQ==", "Mg=="], "q\"uote": "v" } }
            """));

        var request = Assert.Single(world.Service.Requests);
        const string Before = "multipart/form-data; boundary=";
        Assert.StartsWith($"{Before}harness-", request.Headers["Content-Type"], StringComparison.Ordinal);
        var boundary = request.Headers["Content-Type"][Before.Length..];
        Assert.Equal(
            [
                "; name=\"a\"\r\n\r\nx\r\n--y ü", "; name=\"n\"\r\n\r\n1.10", "; name=\"list\"\r\n\r\np", "; name=\"list\"\r\n\r\nq", "; name=\"other\"\r\nContent-Type: application/json\r\n\r\n{\"k\":[1.10]}",
                "; name=\"json\"\r\nContent-Type: application/json\r\n\r\n[\"z\"]", "; name=\"photo\"; filename=\"photo\"\r\nContent-Type: image/png\r\n\r\nhi\0", "; name=\"scans\"; filename=\"scans\"\r\nContent-Type: application/octet-stream\r\n\r\n1",
                "; name=\"scans\"; filename=\"scans\"\r\nContent-Type: application/octet-stream\r\n\r\n2", "; name=\"q%22uote\"\r\n\r\nv",
            ],
            request.Body.Split($"--{boundary}")[1..^1].Select(part => part["\r\nContent-Disposition: form-data".Length..^2]));
        Assert.EndsWith($"--{boundary}--\r\n", request.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "photo": "no base64!" }""", "is a file")]
    [InlineData("""{ "photo": { "a": 1 } }""", "is a file")]
    [InlineData("""{ "a\r\nX: 1": "v" }""", "control character")]
    public async Task MultipartForm_ThatWouldSayMore_IsRefused_AndNothingIsSent(string body, string reason)
    {
        await using var world = await WorldAsync(Multipart, """, "photo": { "type": "string", "format": "binary" }""");

        var reply = await world.CallAsync("call", $$"""{ "body": {{body}} }""");

        Assert.Contains(reason, Assert.IsType<BackendReply.Error>(reply).Value.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(world.Service.Requests);
    }

    [Fact]
    public async Task Definition_SaysHowAFormIsWritten()
    {
        await using var world = await WorldAsync(Multipart, """, "photo": { "type": "string", "format": "binary" }""");

        var definition = world.Definition("call");

        Assert.Equal("A form.\n\nFiles are given in base64: `photo`.", definition.GetProperty("inputSchema").GetProperty("properties").GetProperty("body").GetProperty("description").GetString());
        var fields = definition.GetProperty("_meta").GetProperty("harness-mcp/request").GetProperty("fields");
        Assert.Equal("""{"name":"photo","style":"form","explode":true,"type":"image/png","file":true}""", fields.EnumerateArray().Last().GetRawText());
    }

    /// <param name="more">Further properties of the form.</param>
    private static Task<ServiceWorld> WorldAsync(string mediaType, string more = "")
    {
        var encoding = mediaType == UrlEncoded
            ? """{ "piped": { "style": "pipeDelimited", "explode": false }, "deep": { "style": "deepObject", "explode": true }, "json": { "contentType": "application/json" } }"""
            : """{ "json": { "contentType": "application/json" }, "photo": { "contentType": "image/png, image/jpeg" } }""";
        return ServiceWorld.StartAsync($$"""
            { "openapi": "3.0.3", "info": { "title": "t", "version": "1" }, "paths": { "/echo/x": { "post": { "operationId": "call", "responses": { "200": { "description": "k" } },
              "requestBody": { "description": "A form.", "content": { "{{mediaType}}": { "encoding": {{encoding}}, "schema": { "type": "object", "properties": {
                "a": {}, "n": {}, "t": {}, "none": {}, "list": {}, "other": {}, "piped": {}, "deep": {}, "json": {}{{more}} } } } } } } } } }
            """);
    }
}
