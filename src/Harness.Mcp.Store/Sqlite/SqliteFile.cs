using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>The chain file: made once, then opened for the writer and the readers with the settings that durability needs.</summary>
/// <param name="isReadOnly">Nothing is made, laid out or written, not even beside the file.</param>
internal sealed class SqliteFile(string path, TimeSpan lockWait, bool isReadOnly = false)
{
    // The log is written page by page, two system calls each, and copied into the file when it has so many. A link has about 1 KB.
    private const string Layout = "PRAGMA page_size = 8192;";
    private const string Durability = "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;";

    private readonly Lock _gate = new();
    private volatile bool _isPrepared;

    public string Path { get; } = path;

    /// <summary>How long a connection waits for a lock that another program holds.</summary>
    public TimeSpan LockWait { get; } = lockWait;

    /// <summary>Further statements for each new writer connection; tests set limits with it.</summary>
    public string WriterSettings { get; set; } = "";

    /// <summary>
    /// Makes the folder, the file and its tables where they are missing. Done once: a file that vanishes later is a fault, never a
    /// reason to begin an empty one.
    /// </summary>
    public void Prepare()
    {
        if (_isPrepared)
            return;

        lock (_gate)
        {
            if (_isPrepared)
                return;

            if (isReadOnly)
            {
                MustExist();
                using var found = Open("");
                SqliteSchema.MustFit(found, Path);
                _isPrepared = true;
                return;
            }

            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path) ?? throw new SqliteFault($"`{Path}` names no file."));
            if (!File.Exists(Path))
                CreateEmpty();

            using var connection = Open(Layout);
            UseWriteAheadLog(connection);
            SqliteSchema.Apply(connection, Path);
            _isPrepared = true;
        }
    }

    /// <summary>A connection whose commits are on the disk when they return.</summary>
    public SqliteConnection OpenWriter()
    {
        Prepare();
        return Open(Durability + "PRAGMA cell_size_check = ON;" + WriterSettings);
    }

    /// <summary>A connection for what may be lost: its commits wait for no sync, and never make the log be copied.</summary>
    public SqliteConnection OpenSnapshotWriter()
    {
        Prepare();
        return Open("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA cell_size_check = ON;");
    }

    public SqliteConnection OpenReader()
    {
        Prepare();
        return Open("PRAGMA query_only = ON; PRAGMA cell_size_check = ON;");
    }

    /// <exception cref="SqliteFault">The file is no longer where it was; writing on would fill a file that nobody can find again.</exception>
    public void MustExist()
    {
        if (!File.Exists(Path))
            throw new SqliteFault($"`{Path}` is gone. Put it back, or restore it from a backup; chains are never begun anew in its place.");
    }

    private void CreateEmpty()
    {
        // Chains hold arguments and results: whoever may read them is for the owner to say. SQLite gives its side files the same mode.
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var created = new FileStream(Path, options);
    }

    /// <summary>
    /// A reader makes a log beside a file that has none, unless it is told that nobody writes. Where there is a log, somebody does or did, and the
    /// reader joins.
    /// </summary>
    private string Source() => isReadOnly && !File.Exists(Path + "-wal") ? $"{new Uri(Path).AbsoluteUri}?immutable=1" : Path;

    private SqliteConnection Open(string settings)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Source(),
            Mode = isReadOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite,
            Pooling = false,

            // Seconds, and 0 would be for ever. The wait for a lock is SQLite's own, below.
            DefaultTimeout = 1,
        }.ConnectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            var wait = ((int)LockWait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            command.CommandText = $"PRAGMA busy_timeout = {wait}; PRAGMA trusted_schema = OFF; {settings}";
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void UseWriteAheadLog(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL";
        if (command.ExecuteScalar() is not "wal")
            throw new SqliteFault($"`{Path}` lies where SQLite cannot keep a write-ahead log. Put it on a local disk.");
    }
}
