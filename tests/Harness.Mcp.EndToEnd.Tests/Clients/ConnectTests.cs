using System.Text.Json;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Clients;

/// <summary>`harness connect` as a client's standard streams see it, line by line.</summary>
public sealed class ConnectTests(ScriptedHome home) : IClassFixture<ScriptedHome>
{
    private const string Call =
        """{"jsonrpc":"2.0","id":"first","method":"tools/call","params":{"name":"scripted_progress","arguments":{"count":180},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":7}}}""";

    [Fact(Timeout = 120_000)]
    public async Task Progress_LeavesWholeAndInOrder_BeforeItsAnswer()
    {
        await using var connect = HarnessProgram.Start(["connect", "--mission", home.Mission, "--url", home.Proxy.Url.ToString()]);

        await connect.Input.WriteLineAsync(Call.AsMemory(), TestContext.Current.CancellationToken);
        await connect.Input.FlushAsync(TestContext.Current.CancellationToken);
        await connect.LineAsync(line => line.Contains("\"first\"", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        connect.Input.Close();
        await connect.WaitForExitAsync(TestContext.Current.CancellationToken);

        var messages = connect.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToArray();
        Assert.Equal("first", messages[^1].GetProperty("id").GetString());
        Assert.Equal(
            Enumerable.Range(1, 180),
            messages[..^1].Select(notice => notice.GetProperty("params").GetProperty("progress").GetInt32()));
        Assert.All(messages[..^1], notice => Assert.Equal(7, notice.GetProperty("params").GetProperty("progressToken").GetInt32()));
        Assert.Equal(0, connect.ExitCode);
    }
}
