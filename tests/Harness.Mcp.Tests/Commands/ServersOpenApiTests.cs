using System.Text.Json;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Tests.Commands;

public sealed class ServersOpenApiTests : IDisposable
{
    private const string Document = """
        openapi: 3.0.3
        info: { title: t, version: "1" }
        paths:
          /contacts:
            get: { operationId: findByPost, responses: { "200": { description: k } } }
            post: { operationId: search, requestBody: { content: { application/json: {} } }, responses: { "200": { description: k } } }
            patch: { operationId: patchIt, requestBody: { content: { text/csv: {} } }, responses: { "200": { description: k } } }
        """;

    private readonly HomeFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Add_ProposesByMethod_AndSaysWhatIsNoTool()
    {
        await using var service = await ApiService.StartAsync();
        await File.WriteAllTextAsync(_home.File("api.yaml"), Document, TestContext.Current.CancellationToken);

        var added = await _home.RunAsync("servers", "add", "api", "--openapi", "api.yaml", "--url", service.Root.ToString());
        var tested = await _home.RunAsync("servers", "test", "api");
        var doctor = await _home.RunAsync("doctor");

        Assert.True(added.ExitCode == 0, added.Error);
        var file = JsonElement.Parse(await File.ReadAllTextAsync(_home.File("servers.config/api.json"), TestContext.Current.CancellationToken));
        Assert.Equal(["name", "owner", "domain", "openapi", "url"], file.EnumerateObject().Select(member => member.Name).Where(name => name != "$schema"));
        Assert.Contains("Its document is OpenAPI 3.0.3 and describes 2 tools.", added.Output, StringComparison.Ordinal);
        Assert.Contains("`PATCH /contacts` is no tool: its body is neither JSON nor a form, but `text/csv`", added.Output, StringComparison.Ordinal);
        Assert.Contains("\"search\": { \"effect\": \"write\"", added.Output, StringComparison.Ordinal);
        Assert.Contains("\"findByPost\": { \"effect\": \"send\"", added.Output, StringComparison.Ordinal); // Its name says more than its method.
        Assert.Matches("api +openapi +OpenAPI 3.0.3", tested.Output);
        Assert.Contains("is no tool", tested.Output, StringComparison.Ordinal);
        Assert.Contains("`PATCH /contacts` is no tool", doctor.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.DoesNotContain(service.Requests, request => request.Method != "HEAD");
    }

    [Theory]
    [InlineData("none.yaml", "http://127.0.0.1:9", "cannot be read")]
    [InlineData("api.yaml", "http://127.0.0.1:9", "nothing answers at `127.0.0.1:9`")]
    [InlineData("http://127.0.0.1:9/api.json", "http://127.0.0.1:9", "cannot be fetched")]
    public async Task Add_WritesNothing_WhereDocumentOrServiceCannotBeHad(string document, string url, string words)
    {
        await File.WriteAllTextAsync(_home.File("api.yaml"), Document, TestContext.Current.CancellationToken);

        var added = await _home.RunAsync("servers", "add", "api", "--openapi", document, "--url", url);

        Assert.Equal(1, added.ExitCode);
        Assert.Contains(words, added.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_home.File("servers.config/api.json")));
    }

    [Theory]
    [InlineData("`--transport` is for a server that speaks MCP", "--openapi", "a.yaml", "--transport", "sse")]
    [InlineData("Give either `--url` or `--openapi`, or a command", "--openapi", "a.yaml", "--", "node")]
    [InlineData("looks like a secret", "--openapi", "a.yaml", "--header", "Authorization: Bearer abcdef")]
    public async Task Add_RefusesWhatContradictsItself(string words, params string[] arguments)
    {
        var refused = await _home.RunAsync(["servers", "add", "api", "--home", _home.Path, .. arguments]);

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains(words, refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_OfADocument_NamesTheCommandForIt()
    {
        await File.WriteAllTextAsync(_home.File("api.json"), """{ "openapi": "3.0.3", "servers": [] }""", TestContext.Current.CancellationToken);

        var refused = await _home.RunAsync("servers", "import", _home.File("api.json"));

        Assert.Contains("`harness servers add NAME --openapi api.json`", refused.Error, StringComparison.Ordinal);
    }
}
