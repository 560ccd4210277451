using System.Runtime.InteropServices;
using Harness.Mcp.Store.Chains;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>One writing connection and its prepared statements. Used by one thread.</summary>
internal sealed class SqliteAppender : IDisposable
{
    private const string InsertSql = """
        INSERT INTO links (mission, version, digest, record)
        SELECT @mission, @version, @digest, @record
        WHERE NOT EXISTS (SELECT 1 FROM links WHERE mission = @mission AND version >= @version)
          AND (@version = 1 OR EXISTS (SELECT 1 FROM links WHERE mission = @mission AND version = @version - 1 AND digest = @previous))
        """;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _head;
    private readonly SqliteParameter _mission = new("@mission", SqliteType.Text);
    private readonly SqliteParameter _version = new("@version", SqliteType.Integer);
    private readonly SqliteParameter _digest = new("@digest", SqliteType.Text);
    private readonly SqliteParameter _previous = new("@previous", SqliteType.Text);
    private readonly SqliteParameter _record = new("@record", SqliteType.Blob);
    private readonly SqliteParameter _headMission = new("@mission", SqliteType.Text);

    public SqliteAppender(SqliteConnection connection)
    {
        _connection = connection;
        _insert = Command(InsertSql, _mission, _version, _digest, _previous, _record);
        _head = Command("SELECT max(version) FROM links WHERE mission = @mission", _headMission);
    }

    /// <summary>Takes the write lock of the file, which all programs on it share; waits for it as long as the connection's settings say.</summary>
    public void Begin() => Execute("BEGIN IMMEDIATE");

    /// <summary>Appends inside the transaction, or finds that the chain has moved.</summary>
    public AppendResult Append(AppendRequest request)
    {
        for (var index = 0; index < request.Links.Length; index++)
        {
            if (Insert(request.Links[index]))
                continue;
            if (index > 0)
                throw new SqliteFault($"`{_connection.DataSource}` took link {request.ExpectedVersion + index} and not the next: its index is damaged. Restore it from a backup.");

            _headMission.Value = request.Mission.Value;
            var head = _head.ExecuteScalar() is long version ? version : 0;
            return head == request.ExpectedVersion ? new AppendResult.Unavailable(request.WrongPredecessor) : new AppendResult.VersionConflict();
        }

        return new AppendResult.Appended();
    }

    /// <summary>Returns when the transaction is on the disk.</summary>
    public void Commit() => Execute("COMMIT");

    /// <summary>Ends the connection; a transaction that was not committed is undone.</summary>
    public void Dispose()
    {
        _insert.Dispose();
        _head.Dispose();
        _connection.Dispose();
    }

    // Not a command: those wait for locks in a loop of their own, in whole seconds.
    private void Execute(string sql) => SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(_connection.Handle, sql), _connection.Handle);

    private bool Insert(SealedLink link)
    {
        _mission.Value = link.Link.Mission.Value;
        _version.Value = link.Link.Version;
        _digest.Value = link.Digest.Value;
        _previous.Value = link.Link.Previous.Value;
        _record.Value = ArrayOf(link.Bytes);
        return _insert.ExecuteNonQuery() == 1;
    }

    private static byte[] ArrayOf(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) && segment.Array is { } array && array.Length == segment.Count ? array : bytes.ToArray();

    private SqliteCommand Command(string sql, params ReadOnlySpan<SqliteParameter> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        command.Prepare();
        return command;
    }
}
