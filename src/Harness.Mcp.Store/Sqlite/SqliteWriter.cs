using System.Threading.Channels;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>
/// The one thread that writes. It takes everything that waits into one transaction, so that many missions share one sync. After a
/// failure it closes its connection and opens another for the next append: a mended disk needs no restart.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const string Closed = "The chain store is closed. Nothing was written.";

    /// <summary>Bounds how long the first of many waits for the others' bytes.</summary>
    private const int AppendsPerCommitMax = 512;

    /// <summary>Waking a thread costs about as much as a sync: look again for a moment before sleeping.</summary>
    private const int SpinsMax = 40;

    private readonly SqliteFile _file;
    private readonly Channel<PendingAppend> _waiting;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SqliteAppender? _appender;
    private volatile bool _isClosed;

    public SqliteWriter(SqliteFile file, int waitingMax)
    {
        _file = file;
        _waiting = Channel.CreateBounded<PendingAppend>(new BoundedChannelOptions(waitingMax) { SingleReader = true });
        new Thread(Run) { IsBackground = true, Name = "chain writer" }.Start();
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
        while (Wait())
        {
            while (batch.Count < AppendsPerCommitMax && _waiting.Reader.TryRead(out var append))
                batch.Add(append);

            if (batch.Count > 0)
                Write(batch);
            batch.Clear();
        }

        _appender?.Dispose();
        _ended.SetResult();
    }

    private bool Wait()
    {
        var spin = new SpinWait();
        for (var spins = 0; spins < SpinsMax; spins++)
        {
            if (_waiting.Reader.TryPeek(out _))
                return true;
            spin.SpinOnce(sleep1Threshold: -1);
        }

        return _waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Write(List<PendingAppend> batch)
    {
        var results = new AppendResult?[batch.Count];
        try
        {
            if (_appender is null)
                _appender = new SqliteAppender(_file.OpenWriter());
            else
                _file.MustExist();

            _appender.Begin();
            for (var index = 0; index < results.Length; index++)
                if (batch[index].Claim())
                    results[index] = _appender.Append(batch[index].Request);
            _appender.Commit();
        }
        catch (Exception failure)
        {
            // Whatever it was, the transaction is undone with its connection, and every caller is refused: none may act unrecorded.
            CloseAfter(failure);
            Array.Fill(results, new AppendResult.Unavailable(
                SqliteFault.IsFault(failure) ? SqliteFault.Explain(_file.Path, failure) : $"The chain store failed: {failure.Message}"));
        }

        for (var index = 0; index < results.Length; index++)
            if (results[index] is { } result)
                batch[index].Answer(result);
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
