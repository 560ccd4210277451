using System.Text.Json;

namespace Harness.Mcp.EndToEnd.Tests.Homes;

/// <summary>What a scripted backend received, one message a line, read while it goes on writing.</summary>
internal sealed class RecordFile(string path)
{
    public string Path => path;

    public string[] Lines => File.Exists(path) ? ReadWhole() : [];

    /// <summary>The calls that arrived.</summary>
    public IEnumerable<JsonElement> Calls => Lines
        .Select(line => JsonElement.Parse(line))
        .Where(message => message.TryGetProperty("method", out var method) && method.GetString() == "tools/call");

    /// <summary>Waits until <paramref name="count"/> lines hold <paramref name="part"/>.</summary>
    public async Task WaitAsync(string part, CancellationToken cancellationToken, int count = 1)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        while (Lines.Count(line => line.Contains(part, StringComparison.Ordinal)) < count)
            await timer.WaitForNextTickAsync(cancellationToken);
    }

    /// <summary>Without a last line that is still being written.</summary>
    private string[] ReadWhole()
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var text = reader.ReadToEnd();
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
