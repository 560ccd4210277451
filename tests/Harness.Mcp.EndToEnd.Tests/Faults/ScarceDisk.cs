using System.Globalization;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>The place of a home's state, whose space a test takes away and gives back.</summary>
internal abstract class ScarceDisk : IAsyncDisposable
{
    /// <summary>What the proxy must be started with.</summary>
    public virtual string[]? Wrapper => null;

    /// <summary>A small file system of its own where this account may mount one; else a limit on how large the proxy's files may grow.</summary>
    public static async Task<ScarceDisk> UnderAsync(HomeUnderTest home, CancellationToken cancellationToken)
    {
        var state = Directory.CreateDirectory(home.PathOf("state")).FullName;
        var mounted = await ChildProcess.RunAsync(
            "sh", ["-c", "mount -t tmpfs -o size=4m tmpfs \"$1\"", "sh", state], cancellationToken);
        return mounted.ExitCode == 0 ? new SmallFileSystem(state) : new FileSizeLimit();
    }

    public abstract Task FillAsync(RunningProxy proxy, CancellationToken cancellationToken);

    public abstract Task FreeAsync(RunningProxy proxy, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    private sealed class SmallFileSystem(string folder) : ScarceDisk
    {
        private string Ballast => Path.Combine(folder, "ballast");

        public override async Task FillAsync(RunningProxy proxy, CancellationToken cancellationToken)
        {
            await using var ballast = new FileStream(Ballast, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            try
            {
                while (true)
                    await ballast.WriteAsync(new byte[4096], cancellationToken);
            }
            catch (IOException)
            {
                // Full.
            }
        }

        public override Task FreeAsync(RunningProxy proxy, CancellationToken cancellationToken)
        {
            File.Delete(Ballast);
            return Task.CompletedTask;
        }

        public override async ValueTask DisposeAsync() => await ChildProcess.RunAsync("umount", [folder], CancellationToken.None);
    }

    private sealed class FileSizeLimit : ScarceDisk
    {
        /// <summary>Writes then fail, as on a full disk, instead of ending the program by a signal.</summary>
        public override string[] Wrapper => ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];

        public override Task FillAsync(RunningProxy proxy, CancellationToken cancellationToken) => LimitAsync(proxy, "4096", cancellationToken);

        public override Task FreeAsync(RunningProxy proxy, CancellationToken cancellationToken) => LimitAsync(proxy, "unlimited", cancellationToken);

        public override ValueTask DisposeAsync() => default;

        private static async Task LimitAsync(RunningProxy proxy, string bytes, CancellationToken cancellationToken)
        {
            var (code, _, errors) = await ChildProcess.RunAsync(
                "prlimit", ["--pid", proxy.Id.ToString(CultureInfo.InvariantCulture), $"--fsize={bytes}:"], cancellationToken);
            if (code != 0)
                throw new InvalidOperationException($"The limit could not be set: {errors}");
        }
    }
}
