using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store.Chains;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>
/// One writing connection and its prepared statements. Used by one thread. It remembers the heads it has seen, and forgets them when
/// another program has written; after a failure it is thrown away with them.
/// </summary>
internal sealed class SqliteAppender : IDisposable
{
    private const int HeadsMax = 10_000;

    private static readonly AppendResult.Appended Appended = new();

    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _dataVersion;
    private readonly SqliteStatement _head;
    private readonly SqliteStatement _open;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _advance;
    private readonly Dictionary<MissionId, Head> _heads = [];
    private readonly int _lockWait;
    private long _seenVersion;

    /// <param name="lockWait">How long to wait for another program's lock.</param>
    public SqliteAppender(SqliteConnection connection, TimeSpan lockWait)
    {
        _connection = connection;
        _lockWait = (int)lockWait.TotalMilliseconds;
        _begin = new SqliteStatement(connection, "BEGIN IMMEDIATE");
        _commit = new SqliteStatement(connection, "COMMIT");
        _dataVersion = new SqliteStatement(connection, "PRAGMA data_version");
        _head = new SqliteStatement(
            connection,
            "SELECT id, missions.version, missions.position, digest FROM missions LEFT JOIN links ON links.position = missions.position WHERE name = ?1");
        _open = new SqliteStatement(connection, "INSERT INTO missions (name, version, position) VALUES (?1, 0, 0)");
        _insert = new SqliteStatement(connection, "INSERT INTO links (mission, version, before, digest, record) VALUES (?1, ?2, ?3, ?4, ?5)");
        _advance = new SqliteStatement(connection, "UPDATE missions SET version = ?2, position = ?3 WHERE id = ?1");
    }

    /// <summary>Takes the write lock of the file, which all programs on it share; waits for it as long as the connection's settings say.</summary>
    public void Begin()
    {
        _begin.Run();
        ForgetWhatOthersMoved();
    }

    /// <summary>Takes the write lock of the file, where no other program holds it.</summary>
    /// <returns>False where one does.</returns>
    public bool TryBegin()
    {
        raw.sqlite3_busy_timeout(_connection.Handle, 0);
        try
        {
            _begin.Run();
        }
        catch (SqliteException busy) when (busy.SqliteErrorCode == raw.SQLITE_BUSY)
        {
            return false;
        }
        finally
        {
            raw.sqlite3_busy_timeout(_connection.Handle, _lockWait);
        }

        ForgetWhatOthersMoved();
        return true;
    }

    /// <summary>Appends inside the transaction, or finds that the chain has moved.</summary>
    public AppendResult Append(AppendRequest request)
    {
        var head = HeadOf(request.Mission);
        if (head.Version != request.ExpectedVersion)
            return new AppendResult.VersionConflict();
        if (head.Version > 0 && head.Digest != request.Previous)
            return new AppendResult.Unavailable(request.WrongPredecessor);

        if (head.Version == 0)
            head = head with { Id = Open(request.Mission) };
        foreach (var link in request.Links)
            head = head with { Version = link.Link.Version, Position = Insert(link, head), Digest = link.Digest };
        Advance(head);
        _heads[request.Mission] = head;
        return Appended;
    }

    /// <summary>Returns when the transaction is on the disk.</summary>
    public void Commit() => _commit.Run();

    /// <summary>Ends the connection; a transaction that was not committed is undone.</summary>
    public void Dispose()
    {
        _begin.Dispose();
        _commit.Dispose();
        _dataVersion.Dispose();
        _head.Dispose();
        _open.Dispose();
        _insert.Dispose();
        _advance.Dispose();
        _connection.Dispose();
    }

    private void ForgetWhatOthersMoved()
    {
        // Changes when another connection has committed, and only then.
        _dataVersion.Step();
        var version = _dataVersion.Number(0);
        _dataVersion.Reset();
        if (version != _seenVersion || _heads.Count > HeadsMax)
            _heads.Clear();
        _seenVersion = version;
    }

    private Head HeadOf(MissionId mission)
    {
        if (_heads.TryGetValue(mission, out var known))
            return known;

        _head.Bind(1, mission.Value);
        var head = _head.Step() ? new Head(_head.Number(0), _head.Number(1), _head.Number(2), new Digest(_head.Text(3))) : default;
        _head.Reset();
        return head;
    }

    private long Open(MissionId mission)
    {
        _open.Bind(1, mission.Value);
        _open.Run();
        return raw.sqlite3_last_insert_rowid(_connection.Handle);
    }

    private long Insert(SealedLink link, Head after)
    {
        _insert.Bind(1, after.Id);
        _insert.Bind(2, link.Link.Version);
        _insert.Bind(3, after.Position);
        _insert.Bind(4, link.Digest.Value);
        _insert.Bind(5, link.Bytes.Span);
        _insert.Run();
        return raw.sqlite3_last_insert_rowid(_connection.Handle);
    }

    private void Advance(Head head)
    {
        _advance.Bind(1, head.Id);
        _advance.Bind(2, head.Version);
        _advance.Bind(3, head.Position);
        _advance.Run();
    }

    /// <summary>The last link of a mission; version 0 for one that has none.</summary>
    private readonly record struct Head(long Id, long Version, long Position, Digest Digest);
}
