using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>
/// The least that makes a record durable: bytes over pages that are there already, and one sync for all that wait. No format, no digest, no
/// index, nothing that could be read again.
/// </summary>
internal sealed class DurableFile
{
    public const int RecordBytes = 1024;

    private const int FileBytes = 64 * 1024 * 1024;
    private const int RecordsPerSyncMax = 512;

    private readonly SafeFileHandle _file;
    private readonly Channel<TaskCompletionSource> _waiting = Channel.CreateUnbounded<TaskCompletionSource>(new UnboundedChannelOptions { SingleReader = true });
    private readonly byte[] _records = new byte[RecordsPerSyncMax * RecordBytes];
    private readonly Lock _pen = new();
    private int _waitingCount;
    private long _end;

    public DurableFile(string path)
    {
        _file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        RandomAccess.Write(_file, new byte[FileBytes], 0);
        RandomAccess.FlushToDisk(_file);
        new Thread(Run) { IsBackground = true, Name = "durable file" }.Start();
    }

    /// <summary>Completes when a record is on the disk. Who is alone writes on its own thread.</summary>
    public ValueTask AppendAsync()
    {
        if (Volatile.Read(ref _waitingCount) == 0 && _pen.TryEnter())
        {
            try
            {
                Write(1);
                return ValueTask.CompletedTask;
            }
            finally
            {
                _pen.Exit();
            }
        }

        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Increment(ref _waitingCount);
        _waiting.Writer.TryWrite(written);
        return new ValueTask(written.Task);
    }

    private void Run()
    {
        var batch = new List<TaskCompletionSource>(RecordsPerSyncMax);
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            lock (_pen)
            {
                while (batch.Count < RecordsPerSyncMax && _waiting.Reader.TryRead(out var one))
                    batch.Add(one);
                Write(batch.Count);
            }

            Interlocked.Add(ref _waitingCount, -batch.Count);
            foreach (var written in batch)
                written.SetResult();
            batch.Clear();
        }
    }

    private void Write(int records)
    {
        var bytes = records * RecordBytes;
        if (_end + bytes > FileBytes)
            _end = 0;
        RandomAccess.Write(_file, _records.AsSpan(0, bytes), _end);
        _end += bytes;
        DiskSync.Flush(_file);
    }
}
