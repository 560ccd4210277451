using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>
/// A prepared statement of the writer, run many thousand times a second: SQLite's own calls, without the command, reader and parameter
/// objects that ADO.NET makes for each run. Used by one thread.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;
    private readonly byte[] _text = new byte[512];

    /// <exception cref="SqliteException">The statement does not fit the file's tables.</exception>
    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _connection = connection.Handle ?? throw new InvalidOperationException("The connection is not open.");
        Check(raw.sqlite3_prepare_v3(_connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    /// <param name="parameter">Its number in the statement, from 1.</param>
    public void Bind(int parameter, long value) => Check(raw.sqlite3_bind_int64(_statement, parameter, value));

    /// <inheritdoc cref="Bind(int, long)"/>
    public void Bind(int parameter, string value)
    {
        var isShort = Encoding.UTF8.TryGetBytes(value, _text, out var length);
        Check(raw.sqlite3_bind_text(_statement, parameter, isShort ? _text.AsSpan(0, length) : Encoding.UTF8.GetBytes(value)));
    }

    /// <inheritdoc cref="Bind(int, long)"/>
    public void Bind(int parameter, ReadOnlySpan<byte> value) => Check(raw.sqlite3_bind_blob(_statement, parameter, value));

    /// <summary>Runs to the end of a statement that gives no row.</summary>
    public void Run()
    {
        if (Step())
            throw new InvalidOperationException("A statement gave a row that nobody reads.");
        Reset();
    }

    /// <summary>Whether there is a row; the columns are read from it, then the statement is reset.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
            return true;
        if (code != raw.SQLITE_DONE)
        {
            // Before the reset, which would end in the same error and forget its message.
            try
            {
                SqliteException.ThrowExceptionForRC(code, _connection);
            }
            finally
            {
                raw.sqlite3_reset(_statement);
            }
        }

        return false;
    }

    /// <param name="column">Its number in the row, from 0.</param>
    public long Number(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <inheritdoc cref="Number"/>
    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();

    public void Reset() => Check(raw.sqlite3_reset(_statement));

    public void Dispose() => _statement.Dispose();

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, _connection);
}
