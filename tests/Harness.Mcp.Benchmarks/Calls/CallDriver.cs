using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>One way to the echo tool: an endpoint and the name that the tool has there.</summary>
internal sealed record CallPath(string Name, IReadOnlyList<Uri> Endpoints, string Tool);

/// <summary>What one slice of calls on one path measured.</summary>
internal sealed record Slice(double[] Microseconds, double Seconds)
{
    public double Throughput => Microseconds.Length / Seconds;

    public double Percentile(double share)
    {
        var sorted = Microseconds.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
    }
}

/// <summary>A closed loop of clients, each with one connection and one call at a time. Every answer is verified.</summary>
internal sealed class CallDriver : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5) });
    private long _id;

    public async Task<Slice> RunAsync(CallPath path, int clients, string text, TimeSpan length)
    {
        var until = Stopwatch.GetTimestamp() + (long)(length.TotalSeconds * Stopwatch.Frequency);
        var started = Stopwatch.GetTimestamp();
        var times = await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            var mine = new List<double>(4096);
            do
            {
                var before = Stopwatch.GetTimestamp();
                await CallAsync(path.Endpoints[client % path.Endpoints.Count], path.Tool, text);
                mine.Add(Stopwatch.GetElapsedTime(before).TotalMicroseconds);
            }
            while (Stopwatch.GetTimestamp() < until);
            return mine;
        })));
        return new Slice([.. times.SelectMany(one => one)], Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    public void Dispose() => _http.Dispose();

    private async Task CallAsync(Uri endpoint, string tool, string text)
    {
        var id = Interlocked.Increment(ref _id);
        using var request = AgentRequest.To(
            endpoint,
            "tools/call",
            $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{"text":"{{{text}}}"},{{{AgentRequest.Meta}}} } }""");
        request.Headers.Add("Mcp-Name", tool);

        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead);
        var body = await response.Content.ReadAsByteArrayAsync();
        Verify(body, response, id, text);
    }

    private static void Verify(byte[] body, HttpResponseMessage response, long id, string text)
    {
        var json = body.AsSpan();
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            var start = json.LastIndexOf("data: "u8) + 6;
            var end = json[start..].IndexOf((byte)'\n');
            json = json.Slice(start, end);
        }

        var reader = new Utf8JsonReader(json);
        using var answer = JsonDocument.ParseValue(ref reader);
        var root = answer.RootElement;
        if (!root.TryGetProperty("id", out var answered) || answered.GetInt64() != id
            || !root.TryGetProperty("result", out var result)
            || (result.TryGetProperty("isError", out var isError) && isError.GetBoolean())
            || result.GetProperty("content")[0].GetProperty("text").GetString() != text)
            throw new InvalidOperationException($"A wrong answer: {Encoding.UTF8.GetString(body)}");
    }
}
