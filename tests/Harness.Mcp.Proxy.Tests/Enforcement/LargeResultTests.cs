using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Large;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

/// <summary>Results too large for one answer: kept, shown in part, and read piece by piece as calls with the labels of the first.</summary>
public sealed class LargeResultTests : INoticeSink, IDisposable
{
    private const string Mission = """
        mission: tidy
        objective: Tidy the notes.
        owner: owner@corp.example
        agents: [tidier]
        lifetime: 1h
        grants:
          - read: [notes/read, notes/results/read]
          - tools: [notes/write]
        rules:
          - { id: no-leak, flow: { label: personal, to: external } }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("harness-large-").FullName;

    private static string Body { get; } = $$"""{"content":[{"type":"text","text":"{{string.Concat(Enumerable.Range(0, 40_000).Select(line => $"line {line} ü€😀\\n"))}}"}]}""";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken) => default;

    [Fact]
    public async Task Result_IsShownInPart_AndReadWholePieceByPiece()
    {
        var world = await WorldAsync();

        var answer = Assert.IsType<CallAnswer.Result>(await world.CallAsync("notes_read")).Value;

        Assert.InRange(answer.GetRawText().Length, 2_000, 4_000);
        Assert.False(answer.GetProperty("isError").GetBoolean());
        var whole = new StringBuilder();
        var pieces = 0;
        for (string? uri = answer.GetProperty("content")[2].GetProperty("uri").GetString(); uri is not null; pieces++)
        {
            var piece = Assert.IsType<CallAnswer.Result>(await ReadAsync(world, uri)).Value.GetProperty("contents")[0];
            Assert.Equal(uri, piece.GetProperty("uri").GetString());
            whole.Append(piece.GetProperty("text").GetString());
            uri = piece.TryGetProperty("_meta", out var meta) ? meta.GetProperty(LargeAnswers.NextKey).GetString() : null;
        }

        Assert.Equal(Body, whole.ToString());
        Assert.Equal((Encoding.UTF8.GetByteCount(Body) / LargeAnswers.PieceBytes) + 1, pieces);
    }

    [Fact]
    public async Task Links_SayWhatIsKnown_AndThatThereIsMore()
    {
        var world = await WorldAsync();

        var answer = Assert.IsType<CallAnswer.Result>(await world.CallAsync("notes_read")).Value;
        await ReadAsync(world, answer.GetProperty("content")[2].GetProperty("uri").GetString()!);

        var chain = await world.ChainAsync();
        var settled = Assert.IsType<LinkBody.CallSettled>(chain[2].Body);
        Assert.Equal((CallOutcome.Ok, null, true), (settled.Outcome, settled.Result, settled.IsCut));
        Assert.Equal(Digest.Of(Encoding.UTF8.GetBytes(Body)), settled.ResultDigest);
        Assert.Equal(["personal"], settled.Labels);
        var read = Assert.IsType<LinkBody.CallAdmitted>(chain[3].Body);
        Assert.Equal("notes/results/read", read.Tool.Id.ToString());
        Assert.Equal(["personal"], ((LinkBody.CallSettled)chain[4].Body).Labels);
        Assert.Contains("flow_forbidden", Assert.IsType<CallAnswer.Result>(await world.CallAsync("notes_write", "x")).Value.GetRawText(), StringComparison.Ordinal);
        Assert.Single(world.Backend.Calls);
    }

    [Theory]
    [InlineData("harness://results/00000000-0000-0000-0000-000000000000")]
    [InlineData("harness://results/../../other")]
    [InlineData("harness://results/CALL?offset=-1")]
    [InlineData("harness://results/CALL?bytes=10000000")]
    [InlineData("harness://results/CALL?what=1")]
    public async Task Read_OfWhatIsNotKept_IsRefused(string uri)
    {
        var world = await WorldAsync();
        var answer = Assert.IsType<CallAnswer.Result>(await world.CallAsync("notes_read")).Value;
        var call = answer.GetProperty("content")[2].GetProperty("uri").GetString()!["harness://results/".Length..].Split('?')[0];

        var refused = await ReadAsync(world, uri.Replace("CALL", call, StringComparison.Ordinal));

        Assert.Equal("tool_not_granted", Assert.IsType<CallAnswer.Error>(refused).Value.GetProperty("data").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Read_PastTheEnd_SaysHowMuchThereIs()
    {
        var world = await WorldAsync();
        var uri = Assert.IsType<CallAnswer.Result>(await world.CallAsync("notes_read")).Value.GetProperty("content")[2].GetProperty("uri").GetString()!;

        var error = Assert.IsType<CallAnswer.Error>(await ReadAsync(world, uri.Replace("offset=0", "offset=99999999", StringComparison.Ordinal))).Value;

        Assert.Contains($"{Encoding.UTF8.GetByteCount(Body)} bytes", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tool_WithAnOutputSchema_AnswersWithTheErrorFlag_SinceNoClientTakesAPreviewForItsOutput()
    {
        var world = await WorldAsync(outputSchema: """{"type":"object"}""");

        Assert.True(Assert.IsType<CallAnswer.Result>(await world.CallAsync("notes_read")).Value.GetProperty("isError").GetBoolean());
    }

    [Fact]
    public async Task Result_ThatCannotBeKept_IsNotAnswered()
    {
        var world = await WorldAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "results", EnforcementWorld.Mission.Value), "no folder", TestContext.Current.CancellationToken);

        var answer = Assert.IsType<CallAnswer.Result>(await world.CallAsync("notes_read")).Value;

        Assert.Contains("result_refused", answer.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(CallOutcome.Unknown, ((LinkBody.CallSettled)(await world.ChainAsync())[^1].Body).Outcome);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_folder, "results"), "incoming-*"));
    }

    [Fact]
    public async Task Files_AreTheirOwnersAlone_AndGoWithTheMission()
    {
        var world = await WorldAsync();
        await world.CallAsync("notes_read");
        var folder = Path.Combine(_folder, "results", EnforcementWorld.Mission.Value);
        using var keeper = new LargeResultsKeeper(world.Large, new MissionGates(world.Store, NullLogger<MissionGate>.Instance), TimeProvider.System, NullLogger<LargeResultsKeeper>.Instance);

        await keeper.SweepAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, Directory.GetFiles(folder).Length);
        if (!OperatingSystem.IsWindows())
            foreach (var file in Directory.GetFiles(folder))
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        await world.AppendAsync(new LinkBody.MissionCompleted("owner@corp.example", "done"));
        await keeper.SweepAsync(TestContext.Current.CancellationToken);

        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Store_IsBounded_AndCountsWhatAnEarlierRunKept()
    {
        var world = await WorldAsync();
        await world.CallAsync("notes_read");
        var bytes = new DirectoryInfo(Path.Combine(_folder, "results")).EnumerateFiles("*.json", SearchOption.AllDirectories).Sum(file => file.Length);
        await File.WriteAllTextAsync(Path.Combine(_folder, "results", "incoming-left"), "half", TestContext.Current.CancellationToken);

        var after = new LargeResults(Path.Combine(_folder, "results"), totalBytesMax: bytes + 10);
        using var spool = after.Begin();

        await Assert.ThrowsAsync<Harness.Mcp.Proxy.Backends.Wire.LineTooLongException>(() => spool.WriteAsync(new byte[11], TestContext.Current.CancellationToken).AsTask());
        await spool.WriteAsync(new byte[10], TestContext.Current.CancellationToken);
        Assert.False(File.Exists(Path.Combine(_folder, "results", "incoming-left")));
        after.Forget(EnforcementWorld.Mission);
        Assert.True(after.TryReserve(bytes));
    }

    private async Task<EnforcementWorld> WorldAsync(string? outputSchema = null)
    {
        var world = await EnforcementWorld.WithAsync(Mission);
        world.UseLarge(new LargeResults(Path.Combine(_folder, "results")));
        Directory.CreateDirectory(Path.Combine(_folder, "results"));
        var read = EnforcementWorld.Tool("read", Effect.Read, outputSchema);
        var write = EnforcementWorld.Tool("write", Effect.Write);
        world.Catalog.Replace(
            read with { Facts = read.Facts with { Labels = new ResultLabels(["personal"], []) } }, write with { Facts = write.Facts with { Sinks = ["external"] } });
        world.Backend.Reply = async (call, token) =>
        {
            if (call.Tool != "read")
                return RecordingBackend.Text("done");
            var spool = world.Large.Begin();
            await spool.WriteAsync(Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":7,"result":{{Body}} }"""), token);
            return new BackendReply.Large(spool, (await spool.ReadAsync(token))!);
        };
        return world;
    }

    private async Task<CallAnswer> ReadAsync(EnforcementWorld world, string uri) => await world.Enforcer.CallAsync(
        new AgentCall(EnforcementWorld.Agent, EnforcementWorld.Mission, uri, null, null) { Kind = CallKind.Resource }, this, TestContext.Current.CancellationToken);
}
