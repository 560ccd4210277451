using System.Globalization;
using System.Text.Json.Nodes;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Matrix;

/// <summary>
/// Agents of three revisions, each with backends of every transport and era, through one proxy under one mission. The table that comes of it is
/// printed, and stands in `artifacts/matrix.txt`.
/// </summary>
public sealed class MatrixTests(ITestOutputHelper output)
{
    private const int ProgressCount = 180;

    private static readonly int[] Some = [1, 2];

    private static readonly string[] Revisions = ["2025-06-18", "2025-11-25", "2026-07-28"];

    private static readonly (string Name, Func<Cell, Task<string>> Try)[] Columns =
    [
        ("list", ListAsync), ("call", CallAsync), ("progress", ProgressAsync), ("cancel", CancelAsync), ("elicit", ElicitAsync), ("sample", SampleAsync),
        ("subscribe", SubscribeAsync), ("big", BigAsync),
    ];

    [Fact(Timeout = 300_000)]
    public async Task EveryAgent_UsesEveryBackend()
    {
        var token = TestContext.Current.CancellationToken;
        await using var home = await MatrixHome.StartAsync(token);
        var lines = new List<string> { $"agent       backend    {string.Join(' ', Columns.Select(column => column.Name.PadRight(9)))}" };
        var failures = new List<string>();
        foreach (var revision in Revisions)
        {
            foreach (var kind in MatrixHome.Kinds)
            {
                var row = new List<string>();
                foreach (var (name, attempt) in Columns)
                {
                    using var agent = revision == "2026-07-28" ? new ModernAgent(home.Endpoint) : (IMatrixAgent)await InitializeAgent.OpenAsync(home.Endpoint, revision, token);
                    var result = await TryAsync(attempt, new Cell(home, agent, kind, token));
                    row.Add(result.Split('\n')[0].Length > 9 ? "FAILED" : result);
                    if (row[^1] == "FAILED")
                        failures.Add($"{revision} {kind} {name}: {result}");
                }

                lines.Add($"{revision}  {kind,-10} {string.Join(' ', row.Select(cell => cell.PadRight(9)))}".TrimEnd());
            }
        }

        foreach (var line in lines)
            output.WriteLine(line);
        var artifacts = Path.Combine(RepositoryFolder.Root, "artifacts");
        Directory.CreateDirectory(artifacts);
        await File.WriteAllLinesAsync(Path.Combine(artifacts, "matrix.txt"), lines, token);
        Assert.Empty(failures);
    }

    private static async Task<string> TryAsync(Func<Cell, Task<string>> attempt, Cell cell)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cell.Token);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        try
        {
            return await attempt(cell with { Token = limit.Token });
        }
        catch (Exception failure) when (!cell.Token.IsCancellationRequested)
        {
            return $"failed with {failure.GetType().Name}: {failure.Message}";
        }
    }

    private static async Task<string> ListAsync(Cell cell)
    {
        var listed = await cell.Agent.ListAsync(cell.Token);
        Assert.Contains(cell.Scripted("echo"), listed);
        Assert.Contains(cell.Asking("test_elicitation"), listed);
        return "ok";
    }

    private static async Task<string> CallAsync(Cell cell)
    {
        var answer = await cell.Agent.CallAsync(cell.Scripted("echo"), new { text = "x", deep = new { list = Some } }, null, cell.Token);
        Assert.Equal("""{"text":"x","deep":{"list":[1,2]}}""", answer.Result.GetProperty("structuredContent").GetProperty("arguments").GetRawText());
        return "ok";
    }

    private static async Task<string> ProgressAsync(Cell cell)
    {
        var answer = await cell.Agent.CallAsync(cell.Scripted("progress"), new { count = ProgressCount }, new JsonObject { ["progressToken"] = "p" }, cell.Token);
        var steps = answer.Notices.Where(notice => notice.GetProperty("method").GetString() == "notifications/progress")
            .Select(notice => notice.GetProperty("params").GetProperty("progress").GetInt32()).ToArray();
        Assert.Equal(Enumerable.Range(1, ProgressCount), steps);
        return string.Create(CultureInfo.InvariantCulture, $"{steps.Length}/{ProgressCount}");
    }

    private static async Task<string> CancelAsync(Cell cell)
    {
        var before = Count("\"silent\"");
        var cancelledBefore = Count("notifications/cancelled");
        await cell.Agent.CancelAsync(cell.Scripted("silent"), () => UntilAsync(() => Count("\"silent\"") > before), cell.Token);

        // Over HTTP, a server of 2026-07-28 is told by the end of the stream; all others by a notice.
        if (cell.Kind != "http-new")
            await UntilAsync(() => Count("notifications/cancelled") > cancelledBefore);
        await UntilAsync(() => cell.Home.ExportAsync(cell.Token).Result is var chain && chain.OutcomeOf(chain.Admitted.Last()) == "unknown");
        await CallAsync(cell);
        return "ok";

        int Count(string mark) => cell.Home.Received(cell.Kind).Count(message => message.Contains(mark, StringComparison.Ordinal));

        async Task UntilAsync(Func<bool> isSo)
        {
            while (!isSo())
                await Task.Delay(20, cell.Token);
        }
    }

    private static async Task<string> ElicitAsync(Cell cell)
    {
        var answer = await cell.Agent.CallAsync(cell.Asking("test_elicitation"), new { message = "Who are you?" }, null, cell.Token);
        Assert.Contains("ada@corp.example", answer.Text, StringComparison.Ordinal);
        return "ok";
    }

    private static async Task<string> SampleAsync(Cell cell)
    {
        var answer = await cell.Agent.CallAsync(cell.Asking("test_sampling"), new { prompt = "Say something." }, null, cell.Token);
        Assert.Contains("from the agent's model", System.Text.RegularExpressions.Regex.Unescape(answer.Text), StringComparison.Ordinal);
        return "ok";
    }

    private static async Task<string> SubscribeAsync(Cell cell)
    {
        var uri = $"{cell.Kind}-s+note://1";
        await using var stream = await cell.Agent.SubscribeAsync(uri, cell.Token);
        await cell.Agent.CallAsync(cell.Scripted("put"), new { uri = "note://1", text = Guid.NewGuid().ToString() }, null, cell.Token);
        while (true)
        {
            var notice = await stream.NextAsync(cell.Token);
            if (notice.GetProperty("method").GetString() == "notifications/resources/updated")
            {
                Assert.Equal(uri, notice.GetProperty("params").GetProperty("uri").GetString());
                return "ok";
            }
        }
    }

    private static async Task<string> BigAsync(Cell cell)
    {
        var answer = await cell.Agent.CallAsync(cell.Scripted("big"), new { bytes = 3_000_000 }, null, cell.Token);
        var content = answer.Result.GetProperty("content").EnumerateArray().ToArray();
        Assert.Contains(content, item => item.GetProperty("type").GetString() == "resource_link");
        Assert.InRange(answer.Result.GetRawText().Length, 2_000, 4_000);
        return "ok";
    }

    private sealed record Cell(MatrixHome Home, IMatrixAgent Agent, string Kind, CancellationToken Token)
    {
        public string Scripted(string tool) => $"{Kind}-s_{tool}";

        public string Asking(string tool) => $"{Kind}-q_{tool}";
    }
}
