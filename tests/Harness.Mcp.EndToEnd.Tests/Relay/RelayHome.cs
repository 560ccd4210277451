using System.Text.Json;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;

namespace Harness.Mcp.EndToEnd.Tests.Relay;

/// <summary>A proxy before one backend of each era, which answer calls by the very text that the test gives them.</summary>
internal sealed class RelayHome : IAsyncDisposable
{
    /// <summary>The backends by name: `old` speaks 2025-11-25, `new` 2026-07-28.</summary>
    public static readonly string[] Backends = ["old", "new"];

    private static readonly string?[] Calls = ["tools/call", "resources/read", "prompts/get", "completion/complete"];

    // A proxy that tells how long a call takes would tell more than the backend did.
    private readonly HomeUnderTest _home = new("""
        "Wire": { "HeartbeatInterval": "00:05:00" }
        """);

    private readonly Dictionary<string, ScriptedHttp> _backends = new(StringComparer.Ordinal);
    private RunningProxy? _proxy;

    public string Mission { get; private set; } = "";

    public Uri Endpoint => _proxy!.Endpoint(Mission);

    /// <param name="lists">What each backend lists, by the key of the list: definitions as JSON text.</param>
    public static async Task<RelayHome> StartAsync(IReadOnlyDictionary<string, string[]> lists, CancellationToken cancellationToken)
    {
        var home = new RelayHome();
        try
        {
            await home.OpenAsync(lists, cancellationToken);
            return home;
        }
        catch
        {
            await home.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a backend answer its next calls.</summary>
    /// <param name="answer">From a request to the messages that the backend sends, the answer last.</param>
    public void Answer(string backend, Func<string, IReadOnlyList<string>> answer) =>
        _backends[backend].Exactly = body => Calls.Contains(JsonElement.Parse(body).GetProperty("method").GetString()) ? answer(body) : null;

    /// <summary>Reads every link of every mission back.</summary>
    public async Task<string> VerifyAsync(CancellationToken cancellationToken) => (await _home.HarnessAsync(cancellationToken, "chain", "verify")).Done;

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        foreach (var backend in _backends.Values)
            await backend.DisposeAsync();
        _home.Dispose();
    }

    private async Task OpenAsync(IReadOnlyDictionary<string, string[]> lists, CancellationToken cancellationToken)
    {
        foreach (var backend in Backends)
        {
            var isModern = backend == "new";
            var http = await ScriptedHttp.StartAsync(new Script { IsModern = isModern, IsLegacy = !isModern, HasReads = true });
            _backends[backend] = http;
            http.Exactly = body =>
            {
                var message = JsonElement.Parse(body);
                var key = message.GetProperty("method").GetString() switch { "tools/list" => "tools", "resources/list" => "resources", "resources/templates/list" => "resourceTemplates", "prompts/list" => "prompts", _ => null };
                return key is null
                    ? null
                    : [$"{{\"jsonrpc\":\"2.0\",\"id\":{message.GetProperty("id").GetRawText()},\"result\":{{\"{key}\":[{string.Join(',', lists.GetValueOrDefault(key, []))}]{(isModern ? ",\"resultType\":\"complete\"" : "")}}}}}"];
            };

            // The rule reads fields of every result, and grounding every text of it.
            _home.WithEndpoint(backend, http.Endpoint, "\"defaults\": { \"effect\": \"read\", \"numbers\": \"exact\" }", """
                "rules": [{ "id": "seen", "on": ["effect:read"], "forbid": "chain.exists(l, type(l.result) == map && has(l.result.verdict) && l.result.verdict == \"stop\")" }]
                """);
        }

        _home.WithMission($$"""
            grants:
              - read: [{{string.Join(", ", Backends.Select(backend => $"{backend}/*"))}}]
            grounding: lax
            """);
        Mission = await _home.OpenMissionAsync(cancellationToken);
        _proxy = await _home.RunAsync(cancellationToken);
    }
}
