namespace Harness.Mcp.TestKit.Backends;

/// <summary>Runs a scripted backend over the standard streams of this process.</summary>
public static class ScriptedStdio
{
    public static async Task RunAsync(Script script)
    {
        if (script.DiesAtStart)
            Environment.Exit(3);

        await using var output = Console.OpenStandardOutput();
        using var writing = new SemaphoreSlim(1);
        async Task SendAsync(string text)
        {
            var isPiece = text.StartsWith('\u0001');
            await writing.WaitAsync();
            try
            {
                await output.WriteAsync(System.Text.Encoding.UTF8.GetBytes(isPiece ? text[1..] : text + "\n"));
                await output.FlushAsync();
            }
            finally
            {
                writing.Release();
            }
        }

        var backend = new ScriptedBackend(script, SendAsync, () => Environment.Exit(3));
        while (await Console.In.ReadLineAsync() is { } line)
            _ = Task.Run(() => backend.ReceiveAsync(line, CancellationToken.None));
    }
}
