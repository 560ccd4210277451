using System.Collections.Immutable;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store.Chains;
using Microsoft.Data.Sqlite;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>One reading connection and its prepared statements. Used by one thread at a time; the writer never makes it wait.</summary>
internal sealed class SqliteReader : IDisposable
{
    // Row by row over the index of missions, so that its cost is that of the missions, not that of their links.
    private const string ListSql = """
        WITH RECURSIVE names (mission) AS (
            SELECT min(mission) FROM links
            UNION ALL
            SELECT (SELECT min(mission) FROM links WHERE mission > names.mission) FROM names WHERE names.mission IS NOT NULL
        )
        SELECT mission, (SELECT max(version) FROM links WHERE links.mission = names.mission)
        FROM names
        WHERE mission IS NOT NULL
        ORDER BY (SELECT position FROM links WHERE links.mission = names.mission ORDER BY version LIMIT 1)
        """;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _digest;
    private readonly SqliteCommand _records;
    private readonly SqliteCommand _list;

    public SqliteReader(SqliteConnection connection)
    {
        _connection = connection;
        _digest = Command("SELECT digest FROM links WHERE mission = @mission AND version = @version", "@mission", "@version");
        _records = Command(
            "SELECT version, digest, record FROM links WHERE mission = @mission AND version > @after ORDER BY version LIMIT @most",
            "@mission", "@after", "@most");
        _list = Command(ListSql);
    }

    /// <summary>The digest noted for one link, or null where there is none.</summary>
    public string? Digest(MissionId mission, long version)
    {
        _digest.Parameters[0].Value = mission.Value;
        _digest.Parameters[1].Value = version;
        return _digest.ExecuteScalar() as string;
    }

    public ImmutableArray<StoredRecord> Records(MissionId mission, long afterVersion, int recordsMax)
    {
        _records.Parameters[0].Value = mission.Value;
        _records.Parameters[1].Value = afterVersion;
        _records.Parameters[2].Value = recordsMax;

        var records = ImmutableArray.CreateBuilder<StoredRecord>();
        using var rows = _records.ExecuteReader();
        while (rows.Read())
            records.Add(new StoredRecord(rows.GetInt64(0), new Digest(rows.GetString(1)), rows.GetFieldValue<byte[]>(2)));
        return records.ToImmutable();
    }

    public ImmutableArray<MissionHead> List()
    {
        var heads = ImmutableArray.CreateBuilder<MissionHead>();
        using var rows = _list.ExecuteReader();
        while (rows.Read())
            heads.Add(new MissionHead(new MissionId(rows.GetString(0)), rows.GetInt64(1)));
        return heads.ToImmutable();
    }

    public void Dispose()
    {
        _digest.Dispose();
        _records.Dispose();
        _list.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var parameter in parameters)
            command.Parameters.Add(new SqliteParameter { ParameterName = parameter });
        return command;
    }
}
