using Microsoft.Data.Sqlite;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>The chain file cannot be used as it is. The message says what to do, and is what callers are told.</summary>
internal sealed class SqliteFault(string message, Exception? cause = null) : Exception(message, cause)
{
    private const int Perm = 3;
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int IoError = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    /// <summary>Whether a failure is one of the file, the disk or its rights, and not a bug.</summary>
    public static bool IsFault(Exception failure) => failure is SqliteFault or SqliteException or IOException or UnauthorizedAccessException;

    /// <summary>What happened to the file, and the remedy.</summary>
    public static string Explain(string path, Exception failure) => failure switch
    {
        SqliteFault fault => fault.Message,
        SqliteException { SqliteErrorCode: Full } =>
            $"The disk that holds `{path}` is full. Free some space; appends go on by themselves then.",
        SqliteException { SqliteErrorCode: Busy or Locked } =>
            $"Another program keeps `{path}` locked. End it, or wait until it is done.",
        SqliteException { SqliteErrorCode: Corrupt or NotADatabase } =>
            $"`{path}` is damaged or not a chain file. Keep a copy for the investigation, restore the file from a backup, and run `harness chain verify`.",
        SqliteException { SqliteErrorCode: Perm or ReadOnly } =>
            $"`{path}` cannot be written. Give the account that runs the program write access to the file and its folder.",
        SqliteException { SqliteErrorCode: CannotOpen } =>
            $"`{path}` cannot be opened. See that its folder is there and that the account that runs the program may read and write in it.",
        SqliteException { SqliteErrorCode: IoError } disk =>
            $"The disk that holds `{path}` fails (SQLite error {disk.SqliteExtendedErrorCode}). Look at the disk; nothing is permitted until it works.",
        SqliteException other =>
            $"`{path}` cannot be used: SQLite error {other.SqliteExtendedErrorCode}, {other.Message}",
        _ => $"`{path}` cannot be used: {failure.Message} See that its folder can be made and written by the account that runs the program.",
    };
}
