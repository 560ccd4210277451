using System.Text.Json.Nodes;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.EndToEnd.Tests.Servers;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Reads;

/// <summary>Resources, prompts and completions of npm's server-everything, twice behind one proxy, for agents of both eras.</summary>
public sealed class NpmReadsTests
{
    private const string Mission = """
        grants:
          - read: [pipe/*]
          - read: [web/resources/read]
            args: { uri: { pattern: "^demo://resource/static/" } }
        """;

    private const string Labels = """
        "resources": { "demo://resource/static/{+path}": { "labels": ["internal"] } }
        """;

    [Fact(Timeout = 120_000)]
    public async Task Reads_AreListedAndCalled_UnderTheMission()
    {
        var token = TestContext.Current.CancellationToken;
        await NpmParts.InstallAsync(token);
        await using var everything = await EverythingServer.StartAsync("streamableHttp", token);
        using var home = new HomeUnderTest().WithMission(Mission);
        home.WithCommand("pipe", NpmParts.Node, [NpmParts.Module("@modelcontextprotocol", "server-everything", "dist", "index.js"), "stdio"]);
        home.WithEndpoint("web", everything.At("/mcp"), Labels);
        var mission = await home.OpenMissionAsync(token);
        await using var proxy = await home.RunAsync(token);
        using var modern = new HttpAgent(proxy.Endpoint(mission));
        using var legacy = await SessionAgent.OpenAsync(proxy.Endpoint(mission), token);

        var resources = await KeysAsync(modern, "resources/list", "resources", "uri", token);
        Assert.Contains("pipe+demo://resource/static/document/architecture.md", resources);
        Assert.Contains("web+demo://resource/static/document/architecture.md", resources);
        Assert.Equal(resources.Order(StringComparer.Ordinal), resources);
        Assert.Equal(
            resources,
            (await legacy.SendAsync("resources/list", [], 1, token)).Result.GetProperty("resources").EnumerateArray().Select(one => one.GetProperty("uri").GetString()!));
        Assert.Contains("web+demo://resource/dynamic/text/{resourceId}", await KeysAsync(modern, "resources/templates/list", "resourceTemplates", "uriTemplate", token));
        var prompts = await KeysAsync(modern, "prompts/list", "prompts", "name", token);
        Assert.Contains("pipe_args-prompt", prompts);
        Assert.DoesNotContain(prompts, name => name.StartsWith("web_", StringComparison.Ordinal));

        var read = await modern.SendAsync("resources/read", new() { ["uri"] = "web+demo://resource/static/document/architecture.md" }, token);
        var content = read.Result.GetProperty("contents")[0];
        Assert.Equal("web+demo://resource/static/document/architecture.md", content.GetProperty("uri").GetString());
        Assert.NotEmpty(content.GetProperty("text").GetString()!);
        Assert.Equal(0, read.Result.GetProperty("ttlMs").GetInt32());
        var templated = await legacy.SendAsync("resources/read", new() { ["uri"] = "pipe+demo://resource/dynamic/text/1" }, 2, token);
        Assert.Equal("pipe+demo://resource/dynamic/text/1", templated.Result.GetProperty("contents")[0].GetProperty("uri").GetString());

        // A link in a tool's result can be read as it stands there.
        var links = await modern.CallAsync("pipe_get-resource-links", token, new { count = 1 });
        var link = links.Result.GetProperty("content").EnumerateArray().First(item => item.GetProperty("type").GetString() == "resource_link").GetProperty("uri").GetString();
        Assert.StartsWith("pipe+demo://", link, StringComparison.Ordinal);
        Assert.Equal(link, (await modern.SendAsync("resources/read", new() { ["uri"] = link }, token)).Result.GetProperty("contents")[0].GetProperty("uri").GetString());

        var outside = await modern.SendAsync("resources/read", new() { ["uri"] = "web+demo://resource/dynamic/text/1" }, token);
        Assert.Equal((1005, "arguments_not_granted"), outside.Error);
        var hidden = await legacy.SendAsync("resources/read", new() { ["uri"] = "gone+demo://resource/static/x" }, 3, token);
        Assert.Equal((-32002, "tool_not_granted"), hidden.Error);

        var prompt = await modern.SendAsync("prompts/get", new() { ["name"] = "pipe_args-prompt", ["arguments"] = new JsonObject { ["city"] = "Ulm" } }, token);
        Assert.Contains("Ulm", prompt.Result.GetProperty("messages")[0].GetRawText(), StringComparison.Ordinal);
        var lacking = await legacy.SendAsync("prompts/get", new() { ["name"] = "pipe_args-prompt" }, 4, token);
        Assert.Equal((1005, "arguments_invalid"), lacking.Error);
        var refused = await legacy.SendAsync("prompts/get", new() { ["name"] = "web_args-prompt" }, 5, token);
        Assert.Equal((-32602, "tool_not_granted"), refused.Error);

        var completion = new JsonObject
        {
            ["ref"] = new JsonObject { ["type"] = "ref/prompt", ["name"] = "pipe_completable-prompt" },
            ["argument"] = new JsonObject { ["name"] = "department", ["value"] = "E" },
        };
        Assert.Contains("Engineering", (await modern.SendAsync("completion/complete", completion, token)).Result.GetProperty("completion").GetProperty("values").GetRawText(), StringComparison.Ordinal);

        Assert.Equal(0, await proxy.StopAsync(token));
        Assert.Contains("whole", (await home.HarnessAsync(token, "chain", "verify")).Done, StringComparison.Ordinal);
        var chain = await home.ExportAsync(mission, token);
        Assert.Equal(
            ["web/resources/read", "pipe/resources/read", "pipe/get-resource-links", "pipe/resources/read", "pipe/prompts/get", "pipe/completion/complete"],
            chain.Admitted.Select(admitted => $"{admitted.GetProperty("tool").GetProperty("backend")}/{admitted.GetProperty("tool").GetProperty("name")}"));
        Assert.Equal(["internal"], chain.Settled.First().GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        Assert.Equal(["untrusted"], chain.Settled.ElementAt(1).GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        Assert.Contains("resources/read", (await home.HarnessAsync(token, "chain", "show", mission)).Done, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("pipe", true)]
    [InlineData("pipe", false)]
    [InlineData("web", true)]
    [InlineData("web", false)]
    public async Task Subscription_IsTold_WhatTheServerAnnounces(string backend, bool isAgentModern)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(45));
        var token = limit.Token;
        await NpmParts.InstallAsync(token);
        await using var everything = backend == "web" ? await EverythingServer.StartAsync("streamableHttp", token) : null;
        using var home = new HomeUnderTest().WithMission($"""
            grants:
              - read: [{backend}/*]
            """);
        if (everything is null)
            home.WithCommand("pipe", NpmParts.Node, [NpmParts.Module("@modelcontextprotocol", "server-everything", "dist", "index.js"), "stdio"]);
        else
            home.WithEndpoint("web", everything.At("/mcp"));
        var mission = await home.OpenMissionAsync(token);
        await using var proxy = await home.RunAsync(token);
        using var modern = new HttpAgent(proxy.Endpoint(mission));
        using var legacy = await SessionAgent.OpenAsync(proxy.Endpoint(mission), token);
        var uri = $"{backend}+demo://resource/dynamic/text/1";

        await using var notices = isAgentModern ? await modern.ListenAsync(new() { ["resourceSubscriptions"] = new JsonArray(uri) }, token) : await legacy.ListenAsync(token);
        if (isAgentModern)
            Assert.Equal("notifications/subscriptions/acknowledged", (await notices.NextAsync(token)).GetProperty("method").GetString());
        else
            await legacy.SendAsync("resources/subscribe", new() { ["uri"] = uri }, 1, token);
        Assert.False((await modern.CallAsync($"{backend}_toggle-subscriber-updates", token)).IsError);

        var notice = await notices.NextAsync(token);
        while (notice.GetProperty("method").GetString() != "notifications/resources/updated")
            notice = await notices.NextAsync(token);
        Assert.Equal(("notifications/resources/updated", uri), (notice.GetProperty("method").GetString(), notice.GetProperty("params").GetProperty("uri").GetString()));
    }

    private static async Task<string[]> KeysAsync(HttpAgent agent, string method, string list, string key, CancellationToken cancellationToken) =>
        [.. (await agent.SendAsync(method, [], cancellationToken)).Result.GetProperty(list).EnumerateArray().Select(one => one.GetProperty(key).GetString()!)];
}
