using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.OpenApi;
using Harness.Mcp.Proxy.Backends.Wire;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends.OpenApi;

public sealed class DocumentReaderTests : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("home");

    public void Dispose() => _home.Delete(recursive: true);

    [Fact]
    public async Task OldDocument_GivesWhatCanBeATool_AndSaysWhyTheRestIsNone()
    {
        var read = await ReadAsync(HardDocuments.Old);

        Assert.Equal(["items_replace", "get_search-", "get_search-", "get_text"], read.Operations.Select(operation => operation.Tool[..Math.Min(operation.Tool.Length, operation.Tool.StartsWith("get_search", StringComparison.Ordinal) ? 11 : 99)]));
        Assert.Equal(2, read.Operations.Select(operation => operation.Tool).Count(tool => tool.StartsWith("get_search-", StringComparison.Ordinal) && tool.Length == 19));
        var reasons = read.LeftOut.ToDictionary(left => left.Operation, left => left.Why);
        Assert.Equal(9, reasons.Count);
        Assert.Contains("neither JSON nor a form, but `multipart/mixed`", reasons["POST /upload"], StringComparison.Ordinal);
        Assert.Contains("nothing outside of the document is read", reasons["GET /remote"], StringComparison.Ordinal);
        Assert.Contains("circle", reasons["GET /circle"], StringComparison.Ordinal);
        Assert.Contains("circle", reasons["/loop"], StringComparison.Ordinal);
        Assert.Contains("the header `Host`, which no argument may set", reasons["GET /needs-host"], StringComparison.Ordinal);
        Assert.Contains("`.` or `..`", reasons["GET /../admin"], StringComparison.Ordinal);
        Assert.Contains("query", reasons["GET /what?kind=x"], StringComparison.Ordinal);
        Assert.Contains("names `id`, and no parameter does", reasons["GET /nameless/{id}"], StringComparison.Ordinal);
        Assert.Contains("`TRACE` is no method", reasons["TRACE /trace"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_DependOnTheirOwnOperationAlone()
    {
        var both = await ReadAsync(HardDocuments.Old);
        var fewer = await ReadAsync(HardDocuments.Old.Replace("operationId: items.replace", "operationId: other", StringComparison.Ordinal));

        Assert.Equal(both.Operations.Select(operation => operation.Tool).Skip(1), fewer.Operations.Select(operation => operation.Tool).Skip(1));
    }

    [Fact]
    public async Task Arguments_AreThoseThatAnAgentMaySet()
    {
        var replace = (await ReadAsync(HardDocuments.Old)).Operations[0];

        var input = replace.Definition.GetProperty("inputSchema");

        Assert.Equal(["item", "item_query", "filter_state", "X-Trace", "order-id", "body"], input.GetProperty("properties").EnumerateObject().Select(property => property.Name).OrderBy(name => Array.IndexOf(["item", "item_query", "filter_state", "X-Trace", "order-id", "body"], name)));
        Assert.Equal(["body", "item", "order-id"], input.GetProperty("required").EnumerateArray().Select(name => name.GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal(20, input.GetProperty("properties").GetProperty("order-id").GetProperty("maxLength").GetInt32());
        Assert.Equal("The order to change.", input.GetProperty("properties").GetProperty("order-id").GetProperty("description").GetString());
        Assert.False(input.GetProperty("additionalProperties").GetBoolean());
        Assert.Equal("https://eu.shop.example/v2/orders/{order-id}/items/{item}", replace.Definition.GetProperty("_meta").GetProperty("harness-mcp/request").GetProperty("url").GetString());
        Assert.Equal("application/vnd.shop+json; charset=utf-8", replace.Request.Body?.MediaType);
    }

    [Theory]
    [InlineData("""{ "name": "n" }""", true)]
    [InlineData("""{ "name": "n", "secret": "s", "price": 0.1, "note": null, "parent": null, "parts": [{ "name": "p", "secret": "s", "parts": [] }] }""", true)]
    [InlineData("""{ "secret": "s" }""", false)]
    [InlineData("""{ "name": "n", "secret": "s", "price": 0 }""", false)]
    [InlineData("""{ "name": "n", "secret": "s", "price": 12345678901234567890.5 }""", true)]
    [InlineData("""{ "name": "n", "secret": "s", "price": 12345678901234567890.6 }""", false)]
    [InlineData("""{ "name": "n", "secret": "s", "note": "c" }""", false)]
    [InlineData("""{ "name": null, "secret": "s" }""", false)]
    [InlineData("""{ "name": "n", "secret": "s", "plain": null }""", false)]
    [InlineData("""{ "name": "n", "secret": "s", "parts": [{ "secret": "s", "note": 5 }] }""", false)]
    public async Task OldDialect_MeansTheSame_InTheInputSchema(string body, bool isValid)
    {
        var schema = Compiled((await ReadAsync(HardDocuments.Old)).Operations[0], "inputSchema");
        body = body.Contains("secret", StringComparison.Ordinal) || !isValid ? body : body.Replace("\"n\"", "\"n\", \"secret\": \"s\"", StringComparison.Ordinal);

        Assert.Equal(isValid, schema.IsValid(JsonElement.Parse($$"""{ "order-id": "o", "item": 1, "body": {{body}} }""")));
    }

    [Fact]
    public async Task OutputSchema_LeavesOutWhatIsWriteOnly_AndWrapsWhatIsNoObject()
    {
        var operations = (await ReadAsync(HardDocuments.Old)).Operations;

        var item = Compiled(operations[0], "outputSchema");
        var list = Compiled(operations[1], "outputSchema");

        Assert.True(item.IsValid(JsonElement.Parse("""{ "id": 1, "name": "n" }""")));
        Assert.False(item.IsValid(JsonElement.Parse("""{ "name": "n" }""")));
        Assert.True(list.IsValid(JsonElement.Parse("""{ "result": [{ "id": 1, "name": "n" }] }""")));
        Assert.False(list.IsValid(JsonElement.Parse("""[]""")));
        Assert.EndsWith("Deprecated.", operations[1].Definition.GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.False(operations[3].Definition.TryGetProperty("outputSchema", out _)); // A success may be text.
    }

    [Theory]
    [InlineData("""{ "five": 5, "any": [], "pair": [{ "value": 1 }], "maybe": null, "node": { "value": 1, "next": { "value": 2 } }, "inner": { "value": 3 }, "when": "ab" }""", true)]
    [InlineData("""{ "five": "5" }""", false)]
    [InlineData("""{ "none": 1 }""", false)]
    [InlineData("""{ "pair": [{ "value": 1 }, 2] }""", false)]
    [InlineData("""{ "node": { "value": 1, "next": {} } }""", false)]
    [InlineData("""{ "inner": { "value": "x" } }""", false)]
    [InlineData("""{ "when": "a" }""", false)]
    public async Task NewDialect_IsKeptAsItIs(string body, bool isValid)
    {
        var make = (await ReadAsync(HardDocuments.New, "https://things.example")).Operations.Single(operation => operation.Request.Method == HttpMethod.Post);

        Assert.Equal(isValid, Compiled(make, "inputSchema").IsValid(JsonElement.Parse($$"""{ "body": {{body}} }""")));
    }

    [Fact]
    public async Task SameOperationId_IsToldApart_AndSeveralSuccessesAreAlternatives()
    {
        var read = await ReadAsync(HardDocuments.New, "https://things.example");

        Assert.Equal(2, read.Operations.Select(operation => operation.Tool).Distinct().Count(tool => tool.StartsWith("make-", StringComparison.Ordinal)));
        var output = Compiled(read.Operations.Single(operation => operation.Request.Method == HttpMethod.Post), "outputSchema");
        Assert.True(output.IsValid(JsonElement.Parse("""{ "old": 1 }""")));
        Assert.True(output.IsValid(JsonElement.Parse("""{ "value": 1 }""")));
        Assert.False(output.IsValid(JsonElement.Parse("""{ "value": "x" }""")));
        Assert.Contains("`$anchor`", Assert.Single(read.LeftOut).Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "swagger": "2.0", "info": {}, "paths": {} }""", "Swagger 2.0 must be converted")]
    [InlineData("""{ "openapi": "4.0.0", "info": {}, "paths": {} }""", "`4.0.0`; 3.0 and 3.1 are read")]
    [InlineData("""{ "openapi": "3.1.0", "info": { "title": "t", "version": "1" } }""", "no `paths`")]
    [InlineData("""{ "openapi": "3.1.0", "openapi": "3.0.0" }""", "cannot be read")]
    [InlineData("openapi: 3.0.3\npaths: &a {}\n", "api.yaml:2:8")]
    [InlineData("- just\n- a list\n", "does not say `openapi")]
    public async Task NoDocument_IsRefused_WithTheReason(string text, string words)
    {
        var refused = await Assert.ThrowsAsync<WireException>(() => ReadAsync(text));

        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://shop.example/v1", true)]
    [InlineData("http://shop.example/v1", false)]
    [InlineData("https://10.0.0.8/v1", false)]
    [InlineData("https://localhost/v1", false)]
    [InlineData("https://user:pass@shop.example/v1", false)]
    [InlineData("https://shop.example/v1?key=1", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("/v1", false)]
    public async Task ServerOfADocument_IsTaken_WhereItIsPublicAndPlain(string server, bool isTaken)
    {
        var read = await ReadAsync($$"""{ "openapi": "3.0.3", "info": { "title": "t", "version": "1" }, "servers": [{ "url": "{{server}}" }], "paths": { "/a": { "get": { "responses": { "204": { "description": "k" } } } } } }""");

        Assert.Equal(isTaken ? 1 : 0, read.Operations.Length);
        if (!isTaken)
            Assert.Contains("`url`", Assert.Single(read.LeftOut).Why, StringComparison.Ordinal);
    }

    private static JsonSchema Compiled(ApiOperation operation, string member) =>
        JsonSchema.Compile(operation.Definition.GetProperty(member), new SourcePosition(member, 0, 0)).Value ?? throw new InvalidOperationException("The schema does not compile.");

    private async Task<ApiDescription> ReadAsync(string text, string? under = null)
    {
        var file = Path.Combine(_home.FullName, "api.yaml");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        using var client = new HttpClient();
        var connection = new BackendConnection.OpenApi(new Uri(file), under is null ? null : new Uri(under), ImmutableDictionary<string, Secret>.Empty, false);
        return await new DocumentSource(connection, client, new BackendLimits(), TimeProvider.System).LoadAsync(TestContext.Current.CancellationToken);
    }
}
