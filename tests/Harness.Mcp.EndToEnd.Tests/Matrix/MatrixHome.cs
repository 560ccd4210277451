using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Matrix;

/// <summary>
/// A proxy before backends of every transport and era. Each kind is there twice: scripted (`KIND-s`), which does what a test can tell, and on the
/// C# SDK (`KIND-q`), which asks questions.
/// </summary>
internal sealed class MatrixHome : IAsyncDisposable
{
    /// <summary>Transport and era, as the table names them.</summary>
    public static readonly string[] Kinds = ["stdio-old", "stdio-new", "http-old", "http-new", "sse"];

    private static readonly string Fixture = Path.Combine(AppContext.BaseDirectory, "Harness.Mcp.ConformanceFixture.dll");

    private readonly HomeUnderTest _home = new("""
        "Wire": { "ListNoticeInterval": "00:00:00.100" }
        """);

    private readonly Dictionary<string, Func<IEnumerable<string>>> _received = new(StringComparer.Ordinal);
    private readonly List<IAsyncDisposable> _parts = [];
    private RunningProxy? _proxy;

    public string Mission { get; private set; } = "";

    public Uri Endpoint => _proxy!.Endpoint(Mission);

    public static async Task<MatrixHome> StartAsync(CancellationToken cancellationToken)
    {
        var home = new MatrixHome();
        try
        {
            await home.OpenAsync(cancellationToken);
            return home;
        }
        catch
        {
            await home.DisposeAsync();
            throw;
        }
    }

    /// <summary>Every message that the scripted backend of a kind has got so far.</summary>
    public IEnumerable<string> Received(string kind) => _received[kind]();

    public Task<ChainRecords> ExportAsync(CancellationToken cancellationToken) => _home.ExportAsync(Mission, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        foreach (var part in _parts)
            await part.DisposeAsync();
        _home.Dispose();
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        const string Small = """ "limits": { "messageBytes": 1048576 } """;
        foreach (var kind in Kinds)
        {
            var isNew = kind.EndsWith("new", StringComparison.Ordinal);
            var script = new Script { IsModern = isNew, IsLegacy = !isNew, HasReads = true };
            var era = $"\"era\": \"{(isNew ? "modern" : "legacy")}\"";
            switch (kind.Split('-')[0])
            {
                case "stdio":
                    var record = new RecordFile(_home.PathOf($"{kind}.jsonl"));
                    _home.WithScript($"{kind}-s", script with { RecordFile = record.Path }, Small);
                    _received[kind] = () => File.Exists(record.Path) ? File.ReadAllLines(record.Path) : [];
                    _home.WithCommand($"{kind}-q", HarnessProgram.Host, ["exec", Fixture, "--Transport=stdio"], era);
                    break;
                case "http":
                    var http = await ScriptedHttp.StartAsync(script);
                    _parts.Add(http);
                    _home.WithEndpoint($"{kind}-s", http.Endpoint, Small);
                    _received[kind] = () => http.Requests.Select(request => request.Body);
                    _home.WithEndpoint($"{kind}-q", new Uri(await ServeAsync($"--Era={(isNew ? "modern" : "legacy")}", cancellationToken), "mcp"));
                    break;
                default:
                    var sse = await ScriptedSse.StartAsync(script);
                    _parts.Add(sse);
                    _home.WithEndpoint($"{kind}-s", sse.Endpoint, """ "transport": "sse" """, Small);
                    _received[kind] = () => sse.Requests.Select(request => request.Body);
                    _home.WithEndpoint($"{kind}-q", new Uri(await ServeAsync("--Transport=sse", cancellationToken), "mcp/sse"), """ "transport": "sse" """);
                    break;
            }
        }

        _home.WithMission($"""
            grants:
              - read: [{string.Join(", ", Kinds.Select(kind => $"{kind}-s/*"))}]
              - read: [{string.Join(", ", Kinds.Select(kind => $"{kind}-q/*"))}]
                asks: [elicitation, sampling]
            """);
        Mission = await _home.OpenMissionAsync(cancellationToken);
        _proxy = await _home.RunAsync(cancellationToken);
    }

    private async Task<Uri> ServeAsync(string form, CancellationToken cancellationToken)
    {
        const string Before = "Now listening on: ";
        var fixture = ChildProcess.Start("dotnet", ["exec", Fixture, "--urls", "http://127.0.0.1:0", form]);
        _parts.Add(fixture);
        var line = await fixture.LineAsync(line => line.Contains(Before, StringComparison.Ordinal), cancellationToken);
        return new Uri(line[(line.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..].Trim());
    }
}
