using System.Diagnostics;
using System.Globalization;
using Harness.Mcp.Proxy.Tests.Wire;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Fuzz;

/// <summary>
/// Whatever the gate accepts, all parsers read alike. Few messages are tried with every build, always the same; `tests/fuzz.sh` tries
/// `FUZZ_MESSAGES` of `FUZZ_SEED` and prints the report that is written to `artifacts/fuzz`.
/// </summary>
public sealed class FuzzTests : IAsyncLifetime
{
    private const int BatchMessages = 2_000;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private ReaderProcess _node = null!;
    private ReaderProcess _python = null!;
    private Forwarding _modern = null!;
    private Forwarding _legacy = null!;

    public async ValueTask InitializeAsync()
    {
        _python = ReaderProcess.Python();
        _node = await ReaderProcess.NodeAsync(TestContext.Current.CancellationToken);
        _modern = await Forwarding.OpenAsync(isModern: true, TestContext.Current.CancellationToken);
        _legacy = await Forwarding.OpenAsync(isModern: false, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _python?.Dispose();
        _node?.Dispose();
        if (_modern is not null) await _modern.DisposeAsync();
        if (_legacy is not null) await _legacy.DisposeAsync();
    }

    [Fact]
    public async Task Messages_AreReadAlike_IfTheyAreAccepted()
    {
        var (messages, seed) = (Asked("FUZZ_MESSAGES", 10_000), Asked("FUZZ_SEED", 20_260_728));
        var run = new FuzzRun(_node, _python, _modern, _legacy);
        var kept = FuzzCorpus.All.ToList();
        var judged = await run.PlayAsync([.. kept.Select(one => one.Message.Sent)], TestContext.Current.CancellationToken);

        for (var first = 0L; first < messages; first += BatchMessages)
        {
            var batch = Enumerable.Range(0, (int)Math.Min(BatchMessages, messages - first)).Select(offset => Sent.Of(seed, first + offset));
            await run.PlayAsync([.. batch], TestContext.Current.CancellationToken);
        }

        string[] report = [Line("seed", seed), Line("corpus", kept.Count), .. run.Report, Line("seconds", (long)_clock.Elapsed.TotalSeconds)];
        Directory.CreateDirectory(RepositoryFolder.Of("artifacts", "fuzz"));
        await File.WriteAllLinesAsync(RepositoryFolder.Of("artifacts", "fuzz", "report.txt"), report, TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', report));
        foreach (var (about, sent) in run.Found.DistinctBy(found => Convert.ToBase64String(found.Sent.Body)).Take(20)) FuzzCorpus.Keep(about, sent);

        Assert.True(
            run.DifferenceCount == 0,
            $"{run.DifferenceCount} differences; the messages are kept in fuzz-corpus.\n{string.Join('\n', run.Found.Take(10).Select(found => $"{found.About}\n  {Convert.ToBase64String(found.Sent.Body)}"))}");
        Assert.All(kept.Zip(judged), pair => Assert.True(pair.First.Message.Accepted is not { } expected || expected == pair.Second, $"{pair.First.File} was {(pair.Second ? "accepted" : "refused")}: {pair.First.Message.About}"));
        Assert.True(run.Accepted > run.Messages / 10 && run.Forwarded > run.Messages / 50, $"Too little passes for the run to say anything.\n{string.Join('\n', report)}");
    }

    [Fact]
    public async Task Corpus_IsJudgedTheSame_OverHttp()
    {
        await using var host = await WireHost.StartAsync();

        foreach (var (file, kept) in FuzzCorpus.All.Where(one => one.Message is { Accepted: not null, Headers: not null }))
        {
            var before = Judged();
            using var message = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new ByteArrayContent(kept.Sent.Body) };
            message.Content.Headers.ContentType = new("application/json");
            WireHost.Address(message, "soc");
            foreach (var (name, value) in kept.Sent.Headers) message.Headers.TryAddWithoutValidation(name, value);

            var answer = await host.SendAsync(message);

            Assert.True(kept.Accepted == Judged() > before, $"{file}: {kept.About}\n{answer.Last.GetRawText()}");
            Assert.NotEqual(System.Net.HttpStatusCode.InternalServerError, answer.Status);
        }

        // A call with a number that is not read alike goes on to be denied.
        int Judged() => host.Enforcement.Calls.Count(call => call.OddNumber is null);
    }

    private static long Asked(string variable, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : otherwise;

    private static string Line(string key, long value) => string.Create(CultureInfo.InvariantCulture, $"fuzz_{key}: {value}");
}
