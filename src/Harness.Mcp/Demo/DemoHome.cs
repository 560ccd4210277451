namespace Harness.Mcp.Demo;

/// <summary>
/// The home that the demo works in: a copy of what lies beside the program in `demo/`, complete with the sample programs, so that it can be
/// moved, kept and used with every other command.
/// </summary>
internal sealed class DemoHome : IDisposable
{
    /// <summary>The agent that development mode takes every request for.</summary>
    public const string Agent = "soc-responder";

    private const string Settings = $$"""
        {
          "Agents": { "DevelopmentAgent": "{{Agent}}" }
        }

        """;

    private readonly bool _isTemporary;

    private DemoHome(Home home, bool isTemporary) => (Home, _isTemporary) = (home, isTemporary);

    public Home Home { get; }

    /// <summary>The program of the demo agent.</summary>
    public string AgentProgram => Path.Combine(Home.Root, "artifacts", "samples", "Samples.Agent", "Samples.Agent.dll");

    private static string Bundle => Path.Combine(AppContext.BaseDirectory, "demo");

    /// <param name="directory">A folder to create and keep; null for a temporary one, which is deleted in the end.</param>
    /// <exception cref="DemoException">The folder is in use, or the program came without its demo files.</exception>
    public static DemoHome Create(string? directory)
    {
        if (!Directory.Exists(Bundle))
            throw new DemoException($"The demo's files are missing: there is no folder {Bundle}. Build the program again, or install it whole.");
        if (directory is not null && Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
            throw new DemoException($"The folder {Path.GetFullPath(directory)} is not empty. Name a new one: the demo writes a whole home into it.");

        var root = directory ?? Directory.CreateTempSubdirectory("harness-demo-").FullName;
        Copy(Bundle, root);
        File.WriteAllText(Path.Combine(root, "harness.json"), Settings);

        var home = Home.At(root);
        return home.IsValid
            ? new DemoHome(home.Value, directory is null)
            : throw new DemoException(string.Join('\n', home.Problems));
    }

    public void Dispose()
    {
        if (!_isTemporary)
            return;

        try
        {
            Directory.Delete(Home.Root, recursive: true);
        }
        catch (Exception left) when (left is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"The temporary home {Home.Root} could not be deleted: {left.Message}");
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.EnumerateDirectories(from))
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}

/// <summary>The demo cannot go on; the message says why, and what to do.</summary>
internal sealed class DemoException : Exception
{
    public DemoException(string message)
        : base(message)
    {
    }

    public DemoException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
