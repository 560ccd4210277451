using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Reads;

/// <summary>Subscriptions through the real proxy: agents of both eras, backends of both eras, over pipes and over HTTP.</summary>
public sealed class SubscriptionMatrixTests
{
    private const string Mission = """
        grants:
          - read: [notes/put, notes/storm]
          - read: [notes/resources/read]
            args: { uri: { pattern: "^note://" } }
        """;

    [Theory(Timeout = 120_000)]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, true, true)]
    [InlineData(true, false, false)]
    [InlineData(true, true, false)]
    [InlineData(true, true, true)]
    public async Task Agent_IsToldOfItsResource_AndOfListsThatChanged(bool isAgentModern, bool isBackendModern, bool isHttp)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        var token = limit.Token;
        var script = new Script { IsModern = isBackendModern, HasReads = true };
        await using var http = isHttp ? await ScriptedHttp.StartAsync(script) : null;
        using var home = new HomeUnderTest("""
            "Wire": { "ListNoticeInterval": "00:00:00.100" }
            """).WithMission(Mission);
        if (http is null)
            home.WithScript("notes", script);
        else
            home.WithEndpoint("notes", http.Endpoint);
        var mission = await home.OpenMissionAsync(token);
        await using var proxy = await home.RunAsync(token);
        using var modern = new HttpAgent(proxy.Endpoint(mission));
        using var legacy = await SessionAgent.OpenAsync(proxy.Endpoint(mission), token);

        await using var notices = isAgentModern
            ? await modern.ListenAsync(new() { ["resourceSubscriptions"] = new JsonArray("notes+note://1", "notes+other://1"), ["resourcesListChanged"] = true }, token)
            : await legacy.ListenAsync(token);
        if (isAgentModern)
        {
            var agreed = (await notices.NextAsync(token)).GetProperty("params").GetProperty("notifications");
            Assert.Equal(["notes+note://1"], agreed.GetProperty("resourceSubscriptions").EnumerateArray().Select(uri => uri.GetString()));
        }
        else
        {
            Assert.Equal("{}", (await legacy.SendAsync("resources/subscribe", new() { ["uri"] = "notes+note://1" }, 1, token)).Result.GetRawText());
            Assert.Equal((1005, "arguments_not_granted"), (await legacy.SendAsync("resources/subscribe", new() { ["uri"] = "notes+other://1" }, 2, token)).Error);
        }

        await modern.CallAsync("notes_put", token, new { uri = "note://2", text = "not subscribed" });
        await modern.CallAsync("notes_put", token, new { uri = "note://1", text = "changed" });
        AssertNotice("notifications/resources/updated", await notices.NextAsync(token), "notes+note://1");

        // Signals without a change tell nobody; the change after them does. (A program over pipes is another process for each mission.)
        if (isHttp)
        {
            await modern.CallAsync("notes_storm", token, new { count = 1000, of = "resources" });
            await modern.CallAsync("notes_put", token, new { uri = "note://3", text = "new" });
            AssertNotice("notifications/resources/list_changed", await notices.NextAsync(token), null);
            var listed = await modern.SendAsync("resources/list", [], token);
            Assert.Equal(3, listed.Result.GetProperty("resources").GetArrayLength());
        }

        if (!isAgentModern)
            await legacy.SendAsync("resources/unsubscribe", new() { ["uri"] = "notes+note://1" }, 3, token);
        var chain = await home.ExportAsync(mission, token);
        var refused = Assert.Single(chain.Refused);
        Assert.Equal("other://1", refused.GetProperty("arguments").GetProperty("uri").GetString());
        Assert.DoesNotContain(chain.Admitted, admitted => admitted.GetProperty("tool").GetProperty("name").GetString() == "resources/read");
    }

    private static void AssertNotice(string method, JsonElement notice, string? uri)
    {
        Assert.Equal(method, notice.GetProperty("method").GetString());
        if (uri is not null)
            Assert.Equal(uri, notice.GetProperty("params").GetProperty("uri").GetString());
    }
}
