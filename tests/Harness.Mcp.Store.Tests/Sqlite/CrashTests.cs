using System.Diagnostics;
using System.Globalization;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store.Verification;
using Xunit;

namespace Harness.Mcp.Store.Tests.Sqlite;

/// <summary>
/// A program that appends is killed without warning. This shows what a dying process leaves; that a dying machine leaves the same
/// rests on the sync of each commit.
/// </summary>
public sealed class CrashTests : IDisposable
{
    private const int Rounds = 20;
    private const int Missions = 4;

    private readonly ChainFile _file = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_LosesNothing_ThatWasAcknowledged()
    {
        var random = new Random(20261124);
        var acknowledged = new Dictionary<(string Mission, long Version), string>();

        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (mission, version, digest) in await WriteAndKillAsync(linksBeforeKill: random.Next(1, 120), TimeSpan.FromMicroseconds(random.Next(0, 3000))))
                acknowledged[(mission, version)] = digest;

            await using var store = _file.Open();
            for (var number = 0; number < Missions; number++)
            {
                var mission = new MissionId($"crash-{number}");
                Assert.IsType<ChainFinding.Whole>(await ChainVerifier.VerifyAsync(store, mission, Token));
                var found = Assert.IsType<ReadResult.Found>(await store.ReadAsync(mission, 0, 1_000_000, Token)).Links;
                Assert.All(
                    acknowledged.Where(link => link.Key.Mission == mission.Value),
                    link => Assert.Equal(link.Value, found[(int)link.Key.Version - 1].Digest.Value));

                // Links that were appended together, after versions 1, 6, 11 and so on, are there together.
                Assert.NotEqual(2, found.Length % 5);
            }
        }

        Assert.InRange(acknowledged.Count, Rounds, int.MaxValue);
    }

    public void Dispose() => _file.Dispose();

    private async Task<List<(string Mission, long Version, string Digest)>> WriteAndKillAsync(int linksBeforeKill, TimeSpan delay)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Harness.Mcp.Store.CrashWriter.dll");
        using var writer = Process.Start(new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            ArgumentList = { program, _file.Path, Missions.ToString(CultureInfo.InvariantCulture) },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;

        var links = new List<(string, long, string)>();
        while (await writer.StandardOutput.ReadLineAsync(Token) is { } line)
        {
            // A line that the kill cut short acknowledges nothing.
            if (line.Split(' ') is [var mission, var version, var digest] && Digest.TryParse(digest, out _))
                links.Add((mission, long.Parse(version, CultureInfo.InvariantCulture), digest));
            if (links.Count != linksBeforeKill)
                continue;

            var wait = Stopwatch.StartNew();
            while (wait.Elapsed < delay)
                Thread.SpinWait(20);
            writer.Kill();
        }

        await writer.WaitForExitAsync(Token);
        return links;
    }
}
