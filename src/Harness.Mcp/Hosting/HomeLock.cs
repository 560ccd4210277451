using System.Globalization;

namespace Harness.Mcp.Hosting;

/// <summary>
/// One `harness run` a home: the file `state/harness.lock`, held while the program lives and released by the system when it dies. A
/// second one would settle the first one's calls in flight as unknown.
/// </summary>
internal sealed class HomeLock : IDisposable
{
    private readonly FileStream _file;

    private HomeLock(FileStream file) => _file = file;

    /// <returns>Null where another process holds the home.</returns>
    public static HomeLock? Take(Home home)
    {
        Directory.CreateDirectory(home.State);
        try
        {
            var file = new FileStream(PathIn(home), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            using var writer = new StreamWriter(file, leaveOpen: true);
            writer.WriteLine(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new HomeLock(file);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Whether a process holds the home now. It is found out without a change to the file.</summary>
    public static bool IsHeld(Home home)
    {
        try
        {
            using var probe = new FileStream(PathIn(home), FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _file.Dispose();

    private static string PathIn(Home home) => Path.Combine(home.State, "harness.lock");
}
