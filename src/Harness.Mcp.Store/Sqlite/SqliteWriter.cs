using System.Threading.Channels;
using Harness.Mcp.Store.Chains;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>
/// Writes for all missions. Where nobody writes and nothing waits, whoever appends writes at once, on its own thread: handing over and
/// waking twice would cost about as much as the sync. What comes meanwhile waits for the writer's thread, which takes all of it into one
/// transaction, so that many missions share one sync. After a failure the connection is closed and the next append opens another: a mended
/// disk needs no restart.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const string Closed = "The chain store is closed. Nothing was written.";

    /// <summary>Bounds how long the first of many waits for the others' bytes.</summary>
    private const int AppendsPerCommitMax = 512;

    private readonly SqliteFile _file;
    private readonly Channel<PendingAppend> _waiting;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Held by whoever writes; it owns the appender.
    private readonly Lock _pen = new();
    private SqliteAppender? _appender;
    private volatile bool _isClosed;

    public SqliteWriter(SqliteFile file, int waitingMax)
    {
        _file = file;
        _waiting = Channel.CreateBounded<PendingAppend>(new BoundedChannelOptions(waitingMax) { SingleReader = true });
        new Thread(Run) { IsBackground = true, Name = "chain writer" }.Start();
    }

    /// <summary>Writes an append here and now, where nobody writes and nothing waits.</summary>
    /// <returns>Null where somebody does, in this program or another: then it must be handed over.</returns>
    public AppendResult? TryWrite(AppendRequest request)
    {
        // Opening a file may take long, and its faults are for the writer's thread.
        if (_appender is null || _waiting.Reader.TryPeek(out _) || !_pen.TryEnter())
            return null;
        try
        {
            if (_appender is null || _isClosed)
                return null;
            _file.MustExist();
            if (!_appender.TryBegin())
                return null;
            var result = _appender.Append(request);
            _appender.Commit();
            return result;
        }
        catch (Exception failure)
        {
            return Failed(failure);
        }
        finally
        {
            _pen.Exit();
        }
    }

    /// <summary>Hands an append over. One that cannot be taken is answered at once.</summary>
    public void Post(PendingAppend append)
    {
        if (!_waiting.Writer.TryWrite(append))
            append.Answer(new AppendResult.Unavailable(
                _isClosed ? Closed : "Too many appends wait for the disk already. Nothing was written; try again when it has caught up."));
    }

    /// <summary>Writes what was handed over, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        _waiting.Writer.TryComplete();
        await _ended.Task;
    }

    private void Run()
    {
        var batch = new List<PendingAppend>(AppendsPerCommitMax);
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            lock (_pen)
            {
                while (batch.Count < AppendsPerCommitMax && _waiting.Reader.TryRead(out var append))
                    batch.Add(append);
                Write(batch);
            }

            batch.Clear();
        }

        lock (_pen)
            _appender?.Dispose();
        _ended.SetResult();
    }

    private void Write(List<PendingAppend> batch)
    {
        var results = new AppendResult?[batch.Count];
        var failure = Transact(batch, results);
        for (var index = 0; index < results.Length; index++)
            if ((failure ?? results[index]) is { } result)
                batch[index].Answer(result);
    }

    /// <param name="results">Gets the result of each append that was not withdrawn.</param>
    /// <returns>Why nothing was written; null where it is on the disk.</returns>
    private AppendResult.Unavailable? Transact(List<PendingAppend> batch, AppendResult?[] results)
    {
        try
        {
            if (_appender is null)
                _appender = new SqliteAppender(_file.OpenWriter(), _file.LockWait);
            else
                _file.MustExist();

            _appender.Begin();
            for (var index = 0; index < results.Length; index++)
                if (batch[index].Claim())
                    results[index] = _appender.Append(batch[index].Request);
            _appender.Commit();
            return null;
        }
        catch (Exception failure)
        {
            return Failed(failure);
        }
    }

    /// <summary>Whatever it was, the transaction is undone with its connection, and every caller is refused: none may act unrecorded.</summary>
    private AppendResult.Unavailable Failed(Exception failure)
    {
        CloseAfter(failure);
        return new AppendResult.Unavailable(
            SqliteFault.IsFault(failure) ? SqliteFault.Explain(_file.Path, failure) : $"The chain store failed: {failure.Message}");
    }

    private void CloseAfter(Exception failure)
    {
        try
        {
            _appender?.Dispose();
        }
        catch (Exception second) when (SqliteFault.IsFault(second))
        {
            // The first failure is the one that is reported; this connection is given up in any case.
            failure.Data["close"] = second;
        }

        _appender = null;
    }
}
