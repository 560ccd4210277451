using System.Text.Json;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>A response whose event stream a test reads while it is still open.</summary>
internal sealed class EventStream : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private EventStream(HttpResponseMessage response, Stream stream)
    {
        _response = response;
        _reader = new StreamReader(stream);
    }

    public static async Task<EventStream> OpenAsync(WireHost host, HttpRequestMessage request)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        return new EventStream(response, await response.Content.ReadAsStreamAsync(cancellation));
    }

    /// <summary>The next line as it stands; comments too.</summary>
    public async Task<string?> LineAsync() => await _reader.ReadLineAsync(TestContext.Current.CancellationToken);

    /// <summary>The next message; comments are passed over.</summary>
    public async Task<JsonElement> NextAsync()
    {
        while (await LineAsync() is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal) && line.Length > 6) return JsonElement.Parse(line[6..]);
        }

        throw new EndOfStreamException();
    }

    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
    }
}
