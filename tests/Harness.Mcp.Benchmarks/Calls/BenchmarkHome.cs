using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;
using Harness.Mcp.TestKit.Missions;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>A deployment with the given backends behind it, SQLite with full durability, and one open mission a client.</summary>
internal sealed class BenchmarkHome
{
    private readonly string _folder;
    private readonly ImmutableArray<MissionId> _missions;

    private BenchmarkHome(string folder, ImmutableArray<MissionId> missions) => (_folder, _missions) = (folder, missions);

    public IReadOnlyList<Uri> Endpoints { get; private set; } = [];

    /// <param name="mission">The text of the mission document `echo`.</param>
    /// <param name="servers">The backends' files.</param>
    /// <param name="missions">How many missions are opened of it.</param>
    public static async Task<BenchmarkHome> OpenAsync(string folder, string mission, IReadOnlyList<(string Name, string Json)> servers, int missions, CancellationToken cancellationToken)
    {
        Write(folder, "missions/echo.yaml", mission);
        Write(folder, "agents/bench.yaml", "agent: bench\nowner: bench@corp.example\nmissions: [echo]\nreview-by: 2099-12-31\n");
        Write(folder, "harness.json", """{ "Agents": { "DevelopmentAgent": "bench" }, "Wire": { "CallsInFlightMax": 256 } }""");
        foreach (var (name, json) in servers)
            Write(folder, $"servers.config/{name}.json", json);

        var template = Given.Document(mission);
        await using var store = new ChainStoreOptions().Open(folder, TimeProvider.System);
        var opened = ImmutableArray.CreateBuilder<MissionId>();
        for (var number = 0; number < missions; number++)
        {
            var id = new MissionId($"echo-bench{(char)('a' + (number / 26))}{(char)('a' + (number % 26))}aaa");
            var body = MissionOpening.Open(template, [], "bench", store.Now).Value!;
            var link = LinkCodec.Seal(new Link(id, 1, store.Now, Digest.Zero, body));
            if (await store.AppendAsync(id, 0, [link], cancellationToken) is not AppendResult.Appended)
                throw new InvalidOperationException($"Mission {id} could not be opened.");
            opened.Add(id);
        }

        return new BenchmarkHome(folder, opened.ToImmutable());
    }

    /// <param name="meter">Told by the proxy what it uses.</param>
    public async Task<ChildProcess> StartProxyAsync(ProcessMeter meter, CancellationToken cancellationToken)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "harness.dll");
        var proxy = ChildProcess.Start("dotnet", ["exec", program, "run", "--home", _folder, "--listen", "http://127.0.0.1:0"], _folder, meter.Environment);
        var line = await proxy.LineAsync(line => line.StartsWith("listening on ", StringComparison.Ordinal), cancellationToken);
        var url = line["listening on ".Length..line.IndexOf(": agents", StringComparison.Ordinal)];
        Endpoints = [.. _missions.Select(mission => new Uri($"{url}/m/{mission}/mcp"))];
        return proxy;
    }

    private static void Write(string folder, string file, string text)
    {
        var path = Path.Combine(folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
