using System.Text.Json;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Servers;

/// <summary>Servers that people use, as npm has them, behind one proxy and under one mission.</summary>
public sealed class NpmServersTests
{
    private const string Mission = """
        grants:
          - read: [pipe/echo, pipe/get-sum, pipe/trigger-long-running-operation, web/echo, web/get-structured-content]
          - read: [files/read_text_file, files/list_directory]
          - tools: [memory/create_entities]
          - read: [memory/read_graph]
        rules:
          - { id: few-entities, on: [memory/create_entities], budget: { max: 1 } }
        """;

    [Fact(Timeout = 120_000)]
    public async Task FourServers_AreOne_AndOneThatDiesTakesNoOtherAlong()
    {
        var token = TestContext.Current.CancellationToken;
        await NpmParts.InstallAsync(token);
        await using var everything = await EverythingServer.StartAsync("streamableHttp", token);
        using var home = Home(everything);
        home.Write("shared/note.txt", "kept in a file");
        var mission = await home.OpenMissionAsync(token);
        await using var proxy = await home.RunAsync(token);
        using var agent = new HttpAgent(proxy.Endpoint(mission));

        var listed = await agent.ListAsync(token);
        Assert.Equal(
            ["files_list_directory", "files_read_text_file", "memory_create_entities", "memory_read_graph", "pipe_echo", "pipe_get-sum", "pipe_trigger-long-running-operation", "web_echo", "web_get-structured-content"],
            listed);

        Assert.Contains("over a pipe", (await agent.CallAsync("pipe_echo", token, new { message = "over a pipe" })).Text, StringComparison.Ordinal);
        Assert.Contains("over the web", (await agent.CallAsync("web_echo", token, new { message = "over the web" })).Text, StringComparison.Ordinal);
        Assert.Equal("kept in a file", (await agent.CallAsync("files_read_text_file", token, new { path = home.PathOf("shared", "note.txt") })).Text);
        Assert.True((await agent.CallAsync("web_get-structured-content", token, new { location = "Chicago" })).Result.GetProperty("structuredContent").TryGetProperty("temperature", out _));
        var slow = await agent.CallAsync("pipe_trigger-long-running-operation", token, new { duration = 0.5, steps = 5 }, new() { ["progressToken"] = "p" });
        Assert.Equal([1, 2, 3, 4, 5], slow.Notices.Select(notice => notice.GetProperty("params").GetProperty("progress").GetDouble()));

        var entities = new { entities = new[] { new { name = "Ada", entityType = "person", observations = new[] { "writes programs" } } } };
        Assert.False((await agent.CallAsync("memory_create_entities", token, entities)).IsError);
        var again = await agent.CallAsync("memory_create_entities", token, entities);
        Assert.Equal("budget_exhausted", again.Reason);
        Assert.Contains("Ada", (await agent.CallAsync("memory_read_graph", token)).Text, StringComparison.Ordinal);

        var hidden = await agent.CallAsync("files_write_file", token, new { path = home.PathOf("shared", "note.txt"), content = "changed" });
        Assert.Equal("tool_not_granted", hidden.Reason);
        Assert.Equal("kept in a file", await File.ReadAllTextAsync(home.PathOf("shared", "note.txt"), token));
        var outside = await agent.CallAsync("files_read_text_file", token, new { path = "/etc/hostname" });
        Assert.True(outside.IsError);
        Assert.Null(outside.Reason); // The server's own refusal, relayed as it came.

        await everything.DisposeAsync();
        var down = await agent.CallAsync("web_echo", token, new { message = "anyone?" });
        Assert.Equal("backend_unavailable", down.Reason);
        Assert.Equal(listed, await agent.ListAsync(token));
        Assert.False((await agent.CallAsync("pipe_get-sum", token, new { a = 2, b = 3 })).IsError);
        Assert.False((await agent.CallAsync("files_list_directory", token, new { path = home.PathOf("shared") })).IsError);
        Assert.False((await agent.CallAsync("memory_read_graph", token)).IsError);

        Assert.Equal(0, await proxy.StopAsync(token));
        Assert.Contains("whole", (await home.HarnessAsync(token, "chain", "verify")).Done, StringComparison.Ordinal);
        var chain = await home.ExportAsync(mission, token);
        Assert.Equal(12, chain.Admitted.Count());
        Assert.Equal(["budget_exhausted", "tool_not_granted"], chain.Refused.Select(refused => refused.GetProperty("denial").GetProperty("reason").GetString()));
        Assert.All(chain.Admitted, admitted => Assert.NotNull(chain.OutcomeOf(admitted)));
    }

    private static HomeUnderTest Home(EverythingServer everything)
    {
        var home = new HomeUnderTest().WithMission(Mission);
        home.WithCommand("pipe", NpmParts.Node, [Server("everything"), "stdio"]);
        home.WithEndpoint("web", everything.At("/mcp"));
        home.WithCommand("files", NpmParts.Node, [Server("filesystem"), home.PathOf("shared")]);
        return home.WithCommand("memory", NpmParts.Node, [Server("memory")], $$"""
            "env": { "MEMORY_FILE_PATH": {{JsonSerializer.Serialize(home.PathOf("memory.jsonl"))}} }
            """);
    }

    private static string Server(string name) => NpmParts.Module("@modelcontextprotocol", $"server-{name}", "dist", "index.js");
}
