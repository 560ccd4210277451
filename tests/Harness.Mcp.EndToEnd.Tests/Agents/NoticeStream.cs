using System.Text.Json;

namespace Harness.Mcp.EndToEnd.Tests.Agents;

/// <summary>An open stream of notices, read one by one.</summary>
internal sealed class NoticeStream(HttpResponseMessage response, StreamReader reader) : IAsyncDisposable
{
    private const string Data = "data: ";

    public static async Task<NoticeStream> OfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        response.EnsureSuccessStatusCode();
        return new NoticeStream(response, new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken)));
    }

    public async Task<JsonElement> NextAsync(CancellationToken cancellationToken)
    {
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
            if (line.StartsWith(Data, StringComparison.Ordinal) && line.Length > Data.Length)
                return JsonElement.Parse(line[Data.Length..]);
        throw new HttpRequestException("The stream ended.");
    }

    public ValueTask DisposeAsync()
    {
        reader.Dispose();
        response.Dispose();
        return default;
    }
}
