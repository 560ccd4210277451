using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>A chain store that cannot be written or believed: nothing is forwarded, and somebody is told why.</summary>
public sealed class StoreFaultTests : IAsyncLifetime
{
    private readonly HomeUnderTest _home = new HomeUnderTest().WithMission("""
        grants:
          - read: [scripted/echo]
        """);

    private ScriptedHttp? _backend;

    private ScriptedHttp Backend => _backend ?? throw new InvalidOperationException("The backend was not started.");

    private int Forwarded => Backend.Requests.Count(request => request.Method == "tools/call");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _backend = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        _home.WithEndpoint("scripted", _backend.Endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        if (_backend is not null)
            await _backend.DisposeAsync();
        _home.Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task FullDisk_DeniesCalls_UntilThereIsSpaceAgain()
    {
        await using var disk = await ScarceDisk.UnderAsync(_home, Cancellation);
        var mission = await _home.OpenMissionAsync(Cancellation);
        await using var proxy = await _home.RunAsync(Cancellation, wrapper: disk.Wrapper);
        using var agent = new HttpAgent(proxy.Endpoint(mission));
        Assert.False((await agent.CallAsync("scripted_echo", Cancellation)).IsError);

        await disk.FillAsync(proxy, Cancellation);
        var before = Forwarded;
        while (await agent.CallAsync("scripted_echo", Cancellation) is { IsError: false })
            before++; // What space a block had left.
        Assert.InRange(Forwarded, before, before + 1); // The last one may have been forwarded, and its answer withheld.
        before = Forwarded;
        for (var call = 0; call < 5; call++)
            Assert.Equal("state_unavailable", (await agent.CallAsync("scripted_echo", Cancellation)).Reason);
        Assert.Equal(before, Forwarded);
        await proxy.LoggedAsync("chain.db", Cancellation);

        await disk.FreeAsync(proxy, Cancellation);
        while (await agent.CallAsync("scripted_echo", Cancellation) is { IsError: true } denied)
            Assert.Equal("state_unavailable", denied.Reason);
        Assert.Equal(0, await proxy.StopAsync(Cancellation));

        Assert.Contains("whole", (await _home.HarnessAsync(Cancellation, "chain", "verify")).Done, StringComparison.Ordinal);
        var chain = await _home.ExportAsync(mission, Cancellation);
        Assert.All(chain.Admitted, admitted => Assert.NotNull(chain.OutcomeOf(admitted)));
        Assert.True(chain.Admitted.Count() >= Forwarded);
    }

    [Fact(Timeout = 120_000)]
    public async Task DamagedFile_IsRefusedAtStart_WithTheRemedy()
    {
        await _home.OpenMissionAsync(Cancellation);
        await using (var file = new FileStream(_home.PathOf("state", "chain.db"), FileMode.Open, FileAccess.Write))
            await file.WriteAsync("This is no chain file any more."u8.ToArray(), Cancellation);

        var run = await _home.HarnessAsync(Cancellation, "run", "--listen", "http://127.0.0.1:0");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("chain.db` is damaged or not a chain file", run.Errors, StringComparison.Ordinal);
        Assert.Contains("restore the file from a backup", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("listening on", run.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task RewrittenLink_StopsItsMission_AndNoOther()
    {
        var rewritten = await _home.OpenMissionAsync(Cancellation);
        var other = await _home.OpenMissionAsync(Cancellation);
        await RewriteAsync(rewritten);
        await using var proxy = await _home.RunAsync(Cancellation);
        using var stopped = new HttpAgent(proxy.Endpoint(rewritten));
        using var served = new HttpAgent(proxy.Endpoint(other));

        Assert.Equal("state_unavailable", (await stopped.CallAsync("scripted_echo", Cancellation)).Reason);
        Assert.Equal(0, Forwarded);
        Assert.False((await served.CallAsync("scripted_echo", Cancellation)).IsError);

        var verified = await _home.HarnessAsync(Cancellation, "chain", "verify");
        Assert.Equal(1, verified.ExitCode);
        Assert.Contains(rewritten, verified.Output + verified.Errors, StringComparison.Ordinal);
    }

    /// <summary>Gives a mission a longer life, as an insider with the file might.</summary>
    private async Task RewriteAsync(string mission)
    {
        await using var connection = new SqliteConnection($"Data Source={_home.PathOf("state", "chain.db")};Pooling=False");
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = """
            DROP TRIGGER links_never_change;
            UPDATE links SET record = CAST(replace(CAST(record AS TEXT), 'Stand in a test.', 'Stand in a game.') AS BLOB) WHERE mission = (SELECT id FROM missions WHERE name = $mission);
            """;
        command.Parameters.AddWithValue("$mission", mission);
        Assert.Equal(1, await command.ExecuteNonQueryAsync(Cancellation));
    }
}
