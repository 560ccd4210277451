using System.Collections.Immutable;

namespace Harness.Mcp.Store;

/// <summary>Where chains are kept.</summary>
public enum ChainStoreEngine
{
    /// <summary>One file on a local disk: the default.</summary>
    Sqlite,

    /// <summary>The process's own memory: chains end with it. For tests and trials.</summary>
    Memory,
}

/// <summary>Settings of the chain store: the section `ChainStore` of `harness.json`.</summary>
public sealed record ChainStoreOptions
{
    public static readonly TimeSpan AppendTimeoutLeast = TimeSpan.FromMilliseconds(10);
    public static readonly TimeSpan AppendTimeoutMost = TimeSpan.FromSeconds(10);

    public ChainStoreEngine Engine { get; set; } = ChainStoreEngine.Sqlite;

    /// <summary>
    /// The file of the engine `sqlite`. A relative path starts at the home. It must lie on a local disk: network file systems do not
    /// keep the locks that several programs on one file need.
    /// </summary>
    public string Path { get; set; } = "state/chain.db";

    /// <summary>Longest wait for a durable append, from 10 ms to 10 s; half of it for a lock that another program holds.</summary>
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Most appends that wait for the disk at once, from 1 to 65,536; one more is refused at once, so that no queue hides.</summary>
    public int WaitingMax { get; set; } = 4096;

    /// <summary>What is wrong with these settings, each with its key; empty where nothing is.</summary>
    public ImmutableArray<string> Check()
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        if (!Enum.IsDefined(Engine))
            problems.Add("ChainStore:Engine: write `sqlite` or `memory`.");
        if (Engine == ChainStoreEngine.Sqlite && string.IsNullOrWhiteSpace(Path))
            problems.Add("ChainStore:Path: name the file that holds the chains, such as `state/chain.db`.");
        if (AppendTimeout < AppendTimeoutLeast || AppendTimeout > AppendTimeoutMost)
            problems.Add($"ChainStore:AppendTimeout: {AppendTimeout} is not between {AppendTimeoutLeast} and {AppendTimeoutMost}.");
        if (WaitingMax is < 1 or > 65_536)
            problems.Add($"ChainStore:WaitingMax: {WaitingMax} is not between 1 and 65536.");
        return problems.ToImmutable();
    }

    /// <summary>The store these settings describe. Nothing is opened before the first append or read.</summary>
    /// <exception cref="ArgumentException">The settings are not valid.</exception>
    public IChainStore Open(string home, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var problems = Check();
        if (!problems.IsEmpty)
            throw new ArgumentException(string.Join(' ', problems), nameof(home));

        return Engine switch
        {
            ChainStoreEngine.Memory => new Memory.MemoryChainStore(time),
            _ => new Sqlite.SqliteChainStore(this with { Path = System.IO.Path.GetFullPath(Path, System.IO.Path.GetFullPath(home)) }, time),
        };
    }
}
