using System.Threading.Channels;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>
/// Says that files of one folder changed: once for a burst of changes, and also where the operating system loses its notices or the folder
/// appears only later (a slow poll finds out). The callback is never run twice at once.
/// </summary>
public sealed class FolderWatch : IAsyncDisposable
{
    /// <summary>A burst of changes is over when nothing happened for this time.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(200);

    /// <summary>Time between two looks at names, sizes and times of the files.</summary>
    public static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);

    private const int SettleRoundsMax = 10;

    private readonly string _folder;
    private readonly string _pattern;
    private readonly Func<CancellationToken, ValueTask> _changed;
    private readonly TimeProvider _time;
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _poll;
    private readonly Task _loop;
    private FileSystemWatcher? _watcher;
    private string _seen;

    /// <param name="pattern">Which files count, such as `*.json`.</param>
    /// <param name="changed">Reads the folder again. It must not throw: what it cannot read is its own to report.</param>
    public FolderWatch(string folder, string pattern, Func<CancellationToken, ValueTask> changed, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _folder = folder;
        _pattern = pattern;
        _changed = changed;
        _time = time;
        _seen = Look();
        StartWatcher();
        _poll = time.CreateTimer(_ => OnPoll(), null, Poll, Poll);
        _loop = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _poll.DisposeAsync();
        _watcher?.Dispose();
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private void StartWatcher()
    {
        if (!Directory.Exists(_folder))
            return;
        try
        {
            var watcher = new FileSystemWatcher(_folder, _pattern)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.CreationTime,
            };
            watcher.Changed += (_, _) => Signal();
            watcher.Created += (_, _) => Signal();
            watcher.Deleted += (_, _) => Signal();
            watcher.Renamed += (_, _) => Signal();
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
        }
        catch (Exception failure) when (failure is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // No more watches to be had, or the folder went away this moment: the poll serves alone.
            _watcher = null;
        }
    }

    private void Signal() => _signals.Writer.TryWrite(true);

    private void OnPoll()
    {
        var now = Look();
        if (string.Equals(now, Interlocked.Exchange(ref _seen, now), StringComparison.Ordinal))
            return;
        if (_watcher is null)
            StartWatcher();
        Signal();
    }

    private string Look()
    {
        try
        {
            return string.Join('\n', new DirectoryInfo(_folder).EnumerateFiles(_pattern)
                .Select(file => $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}").Order(StringComparer.Ordinal));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            return failure.GetType().Name;
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _signals.Reader.WaitToReadAsync(_stop.Token))
            {
                for (var round = 0; round < SettleRoundsMax && _signals.Reader.TryRead(out _); round++)
                    await Task.Delay(Settle, _time, _stop.Token);
                await _changed(_stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }
}
