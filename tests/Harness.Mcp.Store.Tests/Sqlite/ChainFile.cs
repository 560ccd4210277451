using Harness.Mcp.Store.Sqlite;
using Microsoft.Data.Sqlite;

namespace Harness.Mcp.Store.Tests.Sqlite;

/// <summary>A chain file in a folder of its own, and what an intruder or a failing machine can do to it.</summary>
internal sealed class ChainFile : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Path => _folder.File("state/chain.db");

    public SqliteChainStore Open(Func<ChainStoreOptions, ChainStoreOptions>? change = null)
    {
        // As patient as can be: a busy machine must not turn into a failed test.
        var options = new ChainStoreOptions { Path = Path, AppendTimeout = ChainStoreOptions.AppendTimeoutMost };
        return new SqliteChainStore(change?.Invoke(options) ?? options, TimeProvider.System);
    }

    /// <summary>A second program's connection.</summary>
    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        return connection;
    }

    /// <summary>Changes the file behind the store's back, its guards taken away first.</summary>
    public void Tamper(string sql, params (string Name, object Value)[] values)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = "DROP TRIGGER IF EXISTS links_never_change; DROP TRIGGER IF EXISTS links_never_vanish;" + sql;
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value);
        command.ExecuteNonQuery();
    }

    public object? Ask(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    public void Dispose() => _folder.Dispose();
}
