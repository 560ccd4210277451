using System.Runtime.InteropServices;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Store.Chains;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>The table of snapshots. A connection each time, since snapshots are seldom read and seldom kept.</summary>
internal sealed class SqliteSnapshots(SqliteFile file)
{
    private const string ReadSql = """
        SELECT snapshots.version, snapshots.head, snapshots.links, snapshots.digest, snapshots.state
        FROM snapshots JOIN missions ON missions.id = snapshots.mission
        WHERE missions.name = @name
        """;

    private const string KeepSql = """
        INSERT INTO snapshots (mission, version, head, links, digest, state)
        SELECT id, @version, @head, @links, @digest, @state FROM missions WHERE name = @name AND version >= @version
        ON CONFLICT (mission) DO UPDATE SET version = @version, head = @head, links = @links, digest = @digest, state = @state
        WHERE snapshots.version < @version
        """;

    public KeptSnapshot? Read(MissionId mission)
    {
        using var connection = file.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = ReadSql;
        command.Parameters.AddWithValue("@name", mission.Value);
        using var row = command.ExecuteReader();
        if (!row.Read())
            return null;

        var state = row.GetFieldValue<byte[]>(4);
        var links = row.GetFieldValue<byte[]>(2);
        if (!string.Equals(Digest.Of(state).Value, row.GetString(3), StringComparison.Ordinal) || links.Length % sizeof(long) != 0)
            return null;
        return new KeptSnapshot(
            new MissionSnapshot(mission, row.GetInt64(0), [.. MemoryMarshal.Cast<byte, long>(links)], state), new Digest(row.GetString(1)));
    }

    public void Keep(KeptSnapshot kept)
    {
        using var connection = file.OpenSnapshotWriter();
        using var command = connection.CreateCommand();
        command.CommandText = KeepSql;
        var (mission, version, links, state) = kept.Snapshot;
        command.Parameters.AddWithValue("@name", mission.Value);
        command.Parameters.AddWithValue("@version", version);
        command.Parameters.AddWithValue("@head", kept.Head.Value);
        command.Parameters.AddWithValue("@links", MemoryMarshal.AsBytes(links.AsSpan()).ToArray());
        command.Parameters.AddWithValue("@digest", Digest.Of(state.Span).Value);
        command.Parameters.AddWithValue("@state", state.ToArray());
        command.ExecuteNonQuery();
    }
}
