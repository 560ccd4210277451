using System.Collections.Immutable;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store.Chains;
using Microsoft.Data.Sqlite;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>One reading connection and its prepared statements. Used by one thread at a time; the writer never makes it wait.</summary>
internal sealed class SqliteReader : IDisposable
{
    private const string HeadSql = "SELECT id, version FROM missions WHERE name = @name";

    // From the head, or the first milestone past what is asked for, back to what is asked for.
    private const string WalkSql = """
        WITH RECURSIVE walk (position, version, before) AS (
            SELECT position, version, before FROM links WHERE mission = @mission AND position = coalesce(
                (SELECT position FROM links WHERE mission = @mission AND version % 256 = 0 AND version >= @last ORDER BY version LIMIT 1),
                (SELECT position FROM missions WHERE id = @mission))
            UNION ALL
            SELECT links.position, links.version, links.before FROM walk JOIN links ON links.position = walk.before
            WHERE walk.version > @after + 1 AND links.mission = @mission AND links.version = walk.version - 1
        )
        SELECT links.version, links.digest, links.record FROM walk JOIN links ON links.position = walk.position
        WHERE walk.version > @after AND walk.version <= @last
        """;

    // Over the whole file: only for one that is damaged.
    private const string ScanSql =
        "SELECT version, digest, record FROM links WHERE mission = @mission AND version > @after AND version <= @last ORDER BY version";

    // Positions have no gaps, so a link that belongs to no chain makes more positions than the chains have links.
    private const string StraysSql =
        "SELECT (SELECT coalesce(max(position), 0) FROM links) <> (SELECT coalesce(sum(version), 0) FROM missions)";

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _head;
    private readonly SqliteCommand _walk;
    private readonly SqliteCommand _scan;
    private readonly SqliteCommand _strays;
    private readonly SqliteCommand _list;

    public SqliteReader(SqliteConnection connection)
    {
        _connection = connection;
        _head = Command(HeadSql, "@name");
        _walk = Command(WalkSql, "@mission", "@after", "@last");
        _scan = Command(ScanSql, "@mission", "@after", "@last");
        _strays = Command(StraysSql);
        _list = Command("SELECT name, version FROM missions WHERE version > 0 ORDER BY id");
    }

    /// <summary>The digest noted for one link, or null where there is none.</summary>
    public string? Digest(MissionId mission, long version) => Records(mission, version - 1, 1) is [var record] ? record.Digest.Value : null;

    /// <summary>Records after a version, in order.</summary>
    /// <exception cref="SqliteFault">The chain cannot be followed there.</exception>
    public ImmutableArray<StoredRecord> Records(MissionId mission, long afterVersion, int recordsMax)
    {
        var (id, head) = Head(mission);
        return Walk(id, head, afterVersion, recordsMax) ?? throw new SqliteFault(
            $"`{_connection.DataSource}` is damaged: the links of mission `{mission}` cannot be followed from link {head} back to link {afterVersion + 1}. See `harness chain verify {mission}`, and restore the file from a backup.");
    }

    /// <summary>
    /// What the file holds under the mission's name, though the chain cannot be followed or does not lead there. The same as
    /// <see cref="Records"/> in a file that nothing happened to.
    /// </summary>
    /// <exception cref="SqliteFault">Links that were appended are gone.</exception>
    public ImmutableArray<StoredRecord> RecordsAsTheyLie(MissionId mission, long afterVersion, int recordsMax)
    {
        var (id, head) = Head(mission);
        if (_strays.ExecuteScalar() is 0L && Walk(id, head, afterVersion, recordsMax) is { } records)
            return records;

        var found = Rows(_scan, id, afterVersion, long.MaxValue, recordsMax).ToImmutable();
        return found.IsEmpty && head > afterVersion
            ? throw new SqliteFault(
                $"Of mission `{mission}`, which has {head} links, link {afterVersion + 1} and what follows it is gone: the file was cut or is damaged. Keep a copy for the investigation, and restore it from a backup.")
            : found;
    }

    public ImmutableArray<MissionHead> List()
    {
        var heads = ImmutableArray.CreateBuilder<MissionHead>();
        using var rows = _list.ExecuteReader();
        while (rows.Read())
            heads.Add(new MissionHead(new MissionId(rows.GetString(0)), rows.GetInt64(1)));
        return heads.ToImmutable();
    }

    /// <summary>The first thing that is wrong with the pages; null for nothing.</summary>
    public string? CheckPages()
    {
        using var check = Command("PRAGMA quick_check(1)");
        return check.ExecuteScalar() is string answer && answer != "ok" ? answer : null;
    }

    public void Dispose()
    {
        _head.Dispose();
        _walk.Dispose();
        _scan.Dispose();
        _strays.Dispose();
        _list.Dispose();
        _connection.Dispose();
    }

    private (long Id, long Version) Head(MissionId mission)
    {
        _head.Parameters[0].Value = mission.Value;
        using var row = _head.ExecuteReader();
        return row.Read() ? (row.GetInt64(0), row.GetInt64(1)) : (0, 0);
    }

    private ImmutableArray<StoredRecord>? Walk(long mission, long head, long afterVersion, int recordsMax)
    {
        if (head <= afterVersion)
            return [];

        var last = Math.Min(head, afterVersion + recordsMax);
        var records = Rows(_walk, mission, afterVersion, last);
        records.Reverse();
        return records.Count == last - afterVersion ? records.ToImmutable() : null;
    }

    private static ImmutableArray<StoredRecord>.Builder Rows(SqliteCommand command, long mission, long after, long last, int most = int.MaxValue)
    {
        command.Parameters[0].Value = mission;
        command.Parameters[1].Value = after;
        command.Parameters[2].Value = last;

        var records = ImmutableArray.CreateBuilder<StoredRecord>();
        using var rows = command.ExecuteReader();
        while (records.Count < most && rows.Read())
            records.Add(new StoredRecord(rows.GetInt64(0), new Digest(rows.GetString(1)), rows.GetFieldValue<byte[]>(2)));
        return records;
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
