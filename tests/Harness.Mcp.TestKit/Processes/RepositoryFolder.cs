namespace Harness.Mcp.TestKit.Processes;

/// <summary>Where the repository is checked out: the folder above the tests that holds the solution.</summary>
public static class RepositoryFolder
{
    public static string Root { get; } = Find();

    public static string Of(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Harness.Mcp.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Harness.Mcp.sln.");
    }
}
