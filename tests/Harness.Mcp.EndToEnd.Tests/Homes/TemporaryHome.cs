namespace Harness.Mcp.EndToEnd.Tests.Homes;

/// <summary>A copy of a sample's home in the temporary files, without what a run left in it.</summary>
internal sealed class TemporaryHome : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("harness-sample-");

    public TemporaryHome(string sample)
    {
        foreach (var file in Directory.EnumerateFiles(sample, "*", SearchOption.AllDirectories))
        {
            var inside = Path.GetRelativePath(sample, file);
            if (inside.Split(Path.DirectorySeparatorChar)[0] is "state" or "node_modules" or "service")
                continue;
            var copy = Path.Combine(_root.FullName, inside);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public string Root => _root.FullName;

    public void Dispose() => _root.Delete(recursive: true);
}
