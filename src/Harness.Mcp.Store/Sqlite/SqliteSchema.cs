using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>
/// The file's layout as numbered scripts, applied in order, each once. `user_version` says how many a file has seen. Scripts are
/// never edited after a release; a change is the next number.
/// </summary>
internal static class SqliteSchema
{
    /// <summary>Marks a SQLite file as a chain file: the letters `hMCP`.</summary>
    public const int ApplicationId = 0x684D4350;

    private static readonly string[] Scripts = ["001_chain.sql"];

    /// <summary>Brings a file to this program's layout, in one transaction.</summary>
    /// <exception cref="SqliteFault">The file is another program's, or of a newer version of this one.</exception>
    public static void Apply(SqliteConnection connection, string path)
    {
        using var begin = connection.BeginTransaction(deferred: false);
        var applied = LayoutOf(connection, path);

        for (var number = (int)applied + 1; number <= Scripts.Length; number++)
        {
            Execute(connection, ScriptText(Scripts[number - 1]));
            Execute(connection, $"PRAGMA user_version = {number.ToString(CultureInfo.InvariantCulture)}");
        }

        if (applied < Scripts.Length)
            Execute(connection, $"PRAGMA application_id = {ApplicationId.ToString(CultureInfo.InvariantCulture)}");
        begin.Commit();
    }

    /// <summary>Refuses a file that this program could not read as it is.</summary>
    /// <exception cref="SqliteFault">The file is another program's, or of another version of this one.</exception>
    public static void MustFit(SqliteConnection connection, string path)
    {
        var applied = LayoutOf(connection, path);
        if (applied < Scripts.Length)
            throw new SqliteFault($"`{path}` has layout {applied}, which the next `harness run` brings to {Scripts.Length}. Make a backup, and start it.");
    }

    private static long LayoutOf(SqliteConnection connection, string path)
    {
        var applied = Pragma(connection, "user_version");
        var applicationId = Pragma(connection, "application_id");
        if (applicationId != ApplicationId && (applicationId != 0 || applied != 0 || HasTables(connection)))
            throw new SqliteFault($"`{path}` is a SQLite file of another program. Name another file in `ChainStore:Path`.");
        return applied <= Scripts.Length
            ? applied
            : throw new SqliteFault($"`{path}` has layout {applied}, and this program knows {Scripts.Length} only. Start the version that wrote it, or a newer one.");
    }

    private static bool HasTables(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT EXISTS (SELECT 1 FROM sqlite_schema)";
        return command.ExecuteScalar() is 1L;
    }

    private static long Pragma(SqliteConnection connection, string name)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"PRAGMA {name}";
        return command.ExecuteScalar() is long value ? value : 0;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string ScriptText(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Schema/{name}")
            ?? throw new InvalidOperationException($"The program lacks its own script {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
