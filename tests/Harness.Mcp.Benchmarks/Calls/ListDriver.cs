using System.Diagnostics;
using System.Text.Json;
using static Harness.Mcp.Benchmarks.Figures;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>Asks for `tools/list` again and again, one request at a time. Every answer is counted through.</summary>
/// <param name="tools">How many tools each answer must list.</param>
internal sealed class ListDriver(int tools) : IDisposable
{
    private const int WarmUpSlices = 5;

    private readonly HttpClient _http = new();

    public void Dispose() => _http.Dispose();

    /// <summary>Lists until all tools are there, then until the code is compiled for real.</summary>
    public async Task WarmUpAsync(Uri endpoint, int lists, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await ListAsync(endpoint, cancellationToken);
                break;
            }
            catch (Exception notYet) when (notYet is HttpRequestException or InvalidOperationException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }

        for (var slice = 0; slice < WarmUpSlices; slice++)
            await MedianAsync(endpoint, lists, cancellationToken);
    }

    /// <summary>Lists so many times.</summary>
    /// <returns>The median in microseconds, from the request to the last byte of the answer.</returns>
    public async Task<double> MedianAsync(Uri endpoint, int lists, CancellationToken cancellationToken)
    {
        var times = new List<double>(lists);
        for (var list = 0; list < lists; list++)
            times.Add(await ListAsync(endpoint, cancellationToken));
        return Median(times);
    }

    private async Task<double> ListAsync(Uri endpoint, CancellationToken cancellationToken)
    {
        using var request = AgentRequest.To(endpoint, "tools/list", $$"""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{ {{AgentRequest.Meta}} } }""");

        var before = Stopwatch.GetTimestamp();
        using var response = await _http.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var time = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
        using var answer = JsonDocument.Parse(body);
        var listed = answer.RootElement.GetProperty("result").GetProperty("tools").GetArrayLength();
        return listed == tools ? time : throw new InvalidOperationException($"{listed} tools are listed.");
    }
}
