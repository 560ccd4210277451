using System.Collections.Concurrent;
using System.Collections.Immutable;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store.Chains;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>
/// Chains in one SQLite file. Several programs on one host may share it; the mission's head decides between them.
/// Nothing is opened before the first append or read, and a fault is an answer that heals when its cause does.
/// </summary>
public sealed class SqliteChainStore : IChainStore, IRecordStore, ISnapshotStore
{
    /// <summary>Reading connections that are kept for the next read; more are opened when more read at once.</summary>
    private const int ReadersKeptMax = 8;

    private readonly ChainClock _clock;
    private readonly TimeProvider _time;
    private readonly TimeSpan _appendTimeout;
    private readonly SqliteWriter _writer;
    private readonly ConcurrentBag<SqliteReader> _readers = [];
    private volatile bool _isDisposed;

    /// <param name="options">Valid settings, whose path is absolute.</param>
    /// <exception cref="ArgumentException">The settings are not valid.</exception>
    public SqliteChainStore(ChainStoreOptions options, TimeProvider time)
        : this(options, time, isReadOnly: false)
    {
    }

    private SqliteChainStore(ChainStoreOptions options, TimeProvider time, bool isReadOnly)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (!options.Check().IsEmpty || !Path.IsPathFullyQualified(options.Path))
            throw new ArgumentException($"The chain store's settings are not valid. {string.Join(' ', options.Check())}", nameof(options));

        _clock = new ChainClock(time);
        _time = time;
        _appendTimeout = options.AppendTimeout;
        File = new SqliteFile(options.Path, options.AppendTimeout / 2, isReadOnly);
        _writer = new SqliteWriter(File, options.WaitingMax);
    }

    /// <summary>
    /// The chains of a file that is only looked at, beside any program that uses it: nothing is made, laid out or written, a file of another
    /// layout is unavailable, and so is every append.
    /// </summary>
    /// <param name="options">Valid settings, whose path is absolute.</param>
    /// <exception cref="ArgumentException">The settings are not valid.</exception>
    public static SqliteChainStore ToRead(ChainStoreOptions options, TimeProvider time) => new(options, time, isReadOnly: true);

    public DateTimeOffset Now => _clock.Now;

    internal SqliteFile File { get; }

    public ValueTask<AppendResult> AppendAsync(
        MissionId mission, long expectedVersion, ImmutableArray<SealedLink> links, CancellationToken cancellationToken)
    {
        var request = AppendRequest.Of(mission, expectedVersion, links);
        cancellationToken.ThrowIfCancellationRequested();
        return _writer.TryWrite(request) is { } result ? new ValueTask<AppendResult>(result) : HandOverAsync(new PendingAppend(request), cancellationToken);
    }

    public ValueTask<ReadResult> ReadAsync(MissionId mission, long afterVersion, int linksMax, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterVersion);
        ArgumentOutOfRangeException.ThrowIfLessThan(linksMax, 1);
        cancellationToken.ThrowIfCancellationRequested();

        return ValueTask.FromResult(Use<ReadResult>(
            reader =>
            {
                var records = reader.Records(mission, afterVersion, linksMax);
                if (records.IsEmpty)
                    return new ReadResult.Found([]);

                var previous = afterVersion == 0 ? Digest.Zero : new Digest(reader.Digest(mission, afterVersion) ?? "");
                return new RecordCheck(mission, afterVersion, previous).All(records);
            },
            why => new ReadResult.Unavailable(why)));
    }

    public ValueTask<RecordsResult> ReadRecordsAsync(MissionId mission, long afterVersion, int recordsMax, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterVersion);
        ArgumentOutOfRangeException.ThrowIfLessThan(recordsMax, 1);
        cancellationToken.ThrowIfCancellationRequested();

        return ValueTask.FromResult(Use<RecordsResult>(
            reader => new RecordsResult.Found(reader.RecordsAsTheyLie(mission, afterVersion, recordsMax)),
            why => new RecordsResult.Unavailable(why)));
    }

    public ValueTask<ListResult> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        return ValueTask.FromResult(Use<ListResult>(
            reader => new ListResult.Found(reader.List()),
            why => new ListResult.Unavailable(why)));
    }

    /// <summary>Reads every page of the file.</summary>
    /// <returns>What SQLite finds wrong with them, and the remedy; null for nothing.</returns>
    public string? CheckPages() => Use<string?>(
        reader => reader.CheckPages() is { } broken
            ? $"`{File.Path}` is damaged ({broken}). Keep a copy for the investigation, restore the file from a backup, and run `harness chain verify`."
            : null,
        why => why);

    public ValueTask<KeptSnapshot?> ReadSnapshotAsync(MissionId mission, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return ValueTask.FromResult(_isDisposed ? null : new SqliteSnapshots(File).Read(mission));
        }
        catch (Exception failure) when (SqliteFault.IsFault(failure) || failure is InvalidCastException or InvalidOperationException)
        {
            return ValueTask.FromResult<KeptSnapshot?>(null);
        }
    }

    public async ValueTask KeepSnapshotAsync(KeptSnapshot snapshot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (_isDisposed)
            return;
        try
        {
            // It may wait for the writer's lock, and who asks must not.
            await Task.Run(() => new SqliteSnapshots(File).Keep(snapshot), cancellationToken);
        }
        catch (Exception failure) when (SqliteFault.IsFault(failure))
        {
            // The older one stays. What is wrong with the file, the next append says.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await _writer.DisposeAsync();
        while (_readers.TryTake(out var reader))
            reader.Dispose();
    }

    private async ValueTask<AppendResult> HandOverAsync(PendingAppend append, CancellationToken cancellationToken)
    {
        _writer.Post(append);
        if (append.Done.IsCompleted)
            return await append.Done;

        await using var limit = _time.CreateTimer(
            static state => ((Limit)state!).Reached(), new Limit(append, _appendTimeout), _appendTimeout, Timeout.InfiniteTimeSpan);
        await using var cancellation = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingAppend)state!).Cancel(token), append);
        return await append.Done;
    }

    private T Use<T>(Func<SqliteReader, T> read, Func<string, T> unavailable)
    {
        if (_isDisposed)
            return unavailable("The chain store is closed.");

        SqliteReader? reader = null;
        try
        {
            if (!_readers.TryTake(out reader))
                reader = new SqliteReader(File.OpenReader());
            File.MustExist();
            var result = read(reader);
            Keep(reader);
            return result;
        }
        catch (Exception failure) when (SqliteFault.IsFault(failure) || failure is InvalidCastException or InvalidOperationException)
        {
            reader?.Dispose();
            return unavailable(SqliteFault.Explain(File.Path, failure));
        }
    }

    private void Keep(SqliteReader reader)
    {
        if (_readers.Count < ReadersKeptMax && !_isDisposed)
            _readers.Add(reader);
        else
            reader.Dispose();
    }

    private sealed record Limit(PendingAppend Append, TimeSpan Span)
    {
        public void Reached() => Append.TimeOut(Span);
    }
}
