using System.Text.Json;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Reads;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

public sealed class ReadMethodTests
{
    [Theory]
    [InlineData("resources/read", """{"uri":"notes+note://1"}""", CallKind.Resource, "notes+note://1", null)]
    [InlineData("prompts/get", """{"name":"notes_greet","arguments":{"name":"Ada"}}""", CallKind.Prompt, "notes_greet", """{"name":"Ada"}""")]
    [InlineData("completion/complete", """{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"v"}}""", CallKind.Completion, "p", """{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"v"}}""")]
    [InlineData("completion/complete", """{"ref":{"type":"ref/resource","uri":"n+note://{id}"},"argument":{"name":"a","value":"v"}}""", CallKind.Completion, "n+note://{id}", """{"ref":{"type":"ref/resource","uri":"n+note://{id}"},"argument":{"name":"a","value":"v"}}""")]
    public async Task Read_ReachesEnforcement_AsACall(string method, string parameters, CallKind kind, string named, string? arguments)
    {
        await using var host = await WireHost.StartAsync();
        host.Enforcement.OnCall = (_, _, _) => ValueTask.FromResult<CallAnswer>(new CallAnswer.Result(JsonElement.Parse("""{"contents":[],"ttlMs":9,"resultType":"odd"}""")));

        var modern = await WireHost.Modern(method, parameters).SendAsync(host);
        var session = await host.OpenSessionAsync();
        var legacy = await host.LegacyAsync($$"""{"jsonrpc":"2.0","id":2,"method":"{{method}}","params":{{parameters}} }""", session);

        Assert.All(host.Enforcement.Calls, call => Assert.Equal((kind, named), (call.Kind, call.Tool)));
        Assert.All(host.Enforcement.Calls, call => Assert.True(arguments is null ? call.Arguments is null : JsonElement.DeepEquals(JsonElement.Parse(arguments), call.Arguments!.Value)));
        Assert.Equal(2, host.Enforcement.Calls.Count);
        Assert.Equal("complete", modern.Result.GetProperty("resultType").GetString());
        Assert.Equal(kind == CallKind.Resource, modern.Result.TryGetProperty("ttlMs", out var keep));
        if (kind == CallKind.Resource) Assert.Equal((0, "private"), (keep.GetInt32(), modern.Result.GetProperty("cacheScope").GetString()));
        Assert.Equal("""{"contents":[]}""", legacy.Result.GetRawText());
    }

    [Theory]
    [InlineData("resources/read", "{}")]
    [InlineData("resources/read", """{"uri":1}""")]
    [InlineData("resources/read", """{"uri":"a:b","Uri":"c:d"}""")]
    [InlineData("resources/read", """{"uri":"a:b","requestState":5}""")]
    [InlineData("prompts/get", """{"name":"p","arguments":[]}""")]
    [InlineData("prompts/get", """{"arguments":{}}""")]
    [InlineData("completion/complete", """{"ref":{"type":"ref/prompt","name":"p"}}""")]
    [InlineData("completion/complete", """{"ref":{"type":"ref/prompt","name":"p","uri":"a:b"},"argument":{"name":"a","value":"v"}}""")]
    [InlineData("completion/complete", """{"ref":{"type":"ref/other","name":"p"},"argument":{"name":"a","value":"v"}}""")]
    [InlineData("completion/complete", """{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"v"},"context":1}""")]
    [InlineData("completion/complete", """{"ref":{"type":"ref/prompt","name":"p"},"Argument":{"name":"a","value":"v"}}""")]
    [InlineData("resources/list", """{"cursor":1}""")]
    [InlineData("prompts/list", """{"cursor":{}}""")]
    public async Task MisshapenRead_IsRefused_BeforeEnforcement(string method, string parameters)
    {
        await using var host = await WireHost.StartAsync();

        var answer = await WireHost.Modern(method, parameters).Without("Mcp-Name").With("Mcp-Name", method == "prompts/get" ? "p" : "a:b").SendAsync(host);

        Assert.Contains(answer.ErrorCode, (int[])[-32602, -32020]);
        Assert.Empty(host.Enforcement.Calls);
    }

    [Theory]
    [InlineData("resources/read", """{"uri":"notes+note://1"}""", "notes+note://2")]
    [InlineData("prompts/get", """{"name":"notes_greet"}""", "notes_other")]
    public async Task MirroredName_MustBeTheBodys(string method, string parameters, string header)
    {
        await using var host = await WireHost.StartAsync();

        Assert.Equal(-32020, (await WireHost.Modern(method, parameters).With("Mcp-Name", header).SendAsync(host)).ErrorCode);
        Assert.Equal(-32020, (await WireHost.Modern(method, parameters).Without("Mcp-Name").SendAsync(host)).ErrorCode);
        Assert.Empty(host.Enforcement.Calls);
    }

    [Fact]
    public async Task NonAsciiUri_IsMirroredEncoded()
    {
        await using var host = await WireHost.StartAsync();
        var encoded = $"=?base64?{Convert.ToBase64String("n+note://ü"u8)}?=";

        var answer = await WireHost.Modern("resources/read", """{"uri":"n+note://ü"}""").With("Mcp-Name", encoded).SendAsync(host);

        Assert.Equal("n+note://ü", Assert.Single(host.Enforcement.Calls).Tool);
        Assert.Equal(System.Net.HttpStatusCode.OK, answer.Status);
    }

    [Theory]
    [InlineData("resources/list", "resources", "uri")]
    [InlineData("resources/templates/list", "resourceTemplates", "uriTemplate")]
    [InlineData("prompts/list", "prompts", "name")]
    public async Task Lists_ComeInPages_WithTheNamesThatCanBeAskedFor(string method, string key, string identity)
    {
        await using var host = await WireHost.StartAsync();
        host.Enforcement.Reads = _ => [.. Enumerable.Range(0, 1_500).Select(number => new ListedRead($"b_{number:D4}", JsonElement.Parse($$"""{"{{identity}}":"own","odd":1.10}""")))];

        var first = await WireHost.Modern(method).SendAsync(host);
        var second = await WireHost.Modern(method, $$"""{"cursor":"{{first.Result.GetProperty("nextCursor").GetString()}}"}""").SendAsync(host);
        var session = await host.OpenSessionAsync();
        var legacy = await host.LegacyAsync($$"""{"jsonrpc":"2.0","id":2,"method":"{{method}}"}""", session);

        string[] seen = [.. first.Result.GetProperty(key).EnumerateArray().Concat(second.Result.GetProperty(key).EnumerateArray()).Select(one => one.GetProperty(identity).GetString()!)];
        Assert.Equal(1_500, seen.Distinct().Count());
        Assert.Equal(seen.Order(StringComparer.Ordinal), seen);
        Assert.False(second.Result.TryGetProperty("nextCursor", out _));
        Assert.Equal("private", first.Result.GetProperty("cacheScope").GetString());
        Assert.Equal("1.10", first.Result.GetProperty(key)[0].GetProperty("odd").GetRawText());
        Assert.False(legacy.Result.TryGetProperty("ttlMs", out _));
    }

    [Fact]
    public async Task Instructions_FollowOurs_InBothEras()
    {
        await using var host = await WireHost.StartAsync();
        host.Enforcement.Instructions = "The server behind `notes` says of itself:\n> Hello.";

        var discovered = await WireHost.Modern("server/discover").SendAsync(host);
        var initialized = await host.LegacyAsync(WireHost.InitializeBody("2025-11-25"), session: null);

        Assert.All(
            [discovered.Result, initialized.Result],
            result => Assert.EndsWith("say so and stop.\n\nThe server behind `notes` says of itself:\n> Hello.", result.GetProperty("instructions").GetString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, -32002, "", -32602)]
    [InlineData(true, -32602, "", -32602)]
    [InlineData(false, -32602, "", -32602)]
    [InlineData(false, -32602, ",\"data\":{\"denied\":true}", -32002)]
    [InlineData(false, -32002, "", -32002)]
    public async Task LackingResource_HasTheCodeOfTheAgentsEra(bool isModern, int said, string data, int seen)
    {
        await using var host = await WireHost.StartAsync();
        host.Enforcement.OnCall = (_, _, _) => ValueTask.FromResult<CallAnswer>(new CallAnswer.Error(JsonElement.Parse($$"""{"code":{{said}},"message":"m"{{data}}}""")));

        var answer = isModern
            ? await WireHost.Modern("resources/read", """{"uri":"n+note://1"}""").SendAsync(host)
            : await host.LegacyAsync("""{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"n+note://1"}}""", await host.OpenSessionAsync());

        Assert.Equal(seen, answer.ErrorCode);
    }
}
