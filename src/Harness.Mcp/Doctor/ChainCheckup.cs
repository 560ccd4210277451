using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Sqlite;
using Harness.Mcp.Store.Verification;

namespace Harness.Mcp.Doctor;

/// <summary>The chain file: of a known layout, whole as far as a short look can tell, and closed to other accounts.</summary>
internal static class ChainCheckup
{
    private const string Restore = "Keep a copy for the investigation, and restore the file from a backup.";
    private const long PagesCheckedBytesMax = 256L * 1024 * 1024;
    private const UnixFileMode OpenToOthers = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>What is not verified by then is left to `harness chain verify`.</summary>
    private static readonly TimeSpan VerifyLimit = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Examination home, CancellationToken cancellationToken)
    {
        var findings = home.Begin("chain");
        if (!home.HasSettings || !home.Chains.Check().IsEmpty)
        {
            findings.Warn("Where the chains are cannot be told before the settings are mended.", null);
            return;
        }

        if (home.Chains.Engine == ChainStoreEngine.Memory)
        {
            findings.Warn("The chains live in the memory of `harness run` alone, and end with it.", "Set `ChainStore:Engine` to `sqlite` for anything but a trial.", Findings.PlaceOf(home.Home.Settings));
            return;
        }

        var path = Path.GetFullPath(home.Chains.Path, home.Home.Root);
        if (!File.Exists(path))
        {
            if (Directory.Exists(path))
                findings.Fail("A folder stands where the chain file should be.", "Move it away, or name another file in `ChainStore:Path`.", Findings.PlaceOf(path));
            else
                findings.Ok("There is no chain file: no mission was ever opened here, or the file was moved away.", path);
            return;
        }

        CheckRights(findings, path);
        await using var store = SqliteChainStore.ToRead(home.Chains with { Path = path }, TimeProvider.System);
        switch (await store.ListAsync(cancellationToken))
        {
            case ListResult.Unavailable unavailable:
                findings.FailInSentences(unavailable.Why, Restore, Findings.PlaceOf(path));
                break;
            case ListResult.Found found:
                if (new FileInfo(path).Length <= PagesCheckedBytesMax && store.CheckPages() is { } damaged)
                    findings.FailInSentences(damaged, Restore, Findings.PlaceOf(path));
                await VerifyAsync(home, findings, store, found.Missions, path, cancellationToken);
                break;
        }
    }

    private static async Task VerifyAsync(
        Examination home, Findings findings, SqliteChainStore store, ImmutableArray<MissionHead> missions, string path, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var (verified, links) = (0, 0L);

        // The newest ones first: what is wrong now matters more than what was.
        foreach (var head in missions.Reverse())
        {
            if (Stopwatch.GetElapsedTime(began) > VerifyLimit)
                break;
            switch (await ChainVerifier.VerifyAsync(store, head.Mission, cancellationToken))
            {
                case ChainFinding.Whole whole:
                    links += whole.Links;
                    await NoteNewestAsync(home, store, whole, cancellationToken);
                    break;
                case ChainFinding.Broken broken:
                    findings.Fail($"The chain of mission `{broken.Mission}` is broken at link {broken.Version}. {broken.Why}", $"Keep a copy of the file before anything else, and compare it with the last backup: `harness chain verify {broken.Mission}`.", Findings.PlaceOf(path));
                    break;
                case ChainFinding.Unreadable unreadable:
                    findings.FailInSentences(unreadable.Why, Restore, Findings.PlaceOf(path));
                    break;
            }

            verified++;
        }

        if (!findings.HasAny)
            findings.Ok(
                string.Create(CultureInfo.InvariantCulture, $"{(verified == missions.Length ? "Whole" : $"Whole as far as it was read ({verified} of {missions.Length} missions; `harness chain verify` reads all)")}: {Count(verified, "mission")}, {Count(links, "link")}."),
                path);
    }

    private static async Task NoteNewestAsync(Examination home, SqliteChainStore store, ChainFinding.Whole whole, CancellationToken cancellationToken)
    {
        if (whole.Links > 0
            && await store.ReadAsync(whole.Mission, whole.Links - 1, 1, cancellationToken) is ReadResult.Found { Links: [var last] }
            && (home.NewestLink is null || last.Link.Time > home.NewestLink))
            home.NewestLink = last.Link.Time;
    }

    private static void CheckRights(Findings findings, string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        foreach (var file in (string[])[path, path + "-wal", path + "-shm"])
            if (File.Exists(file) && (File.GetUnixFileMode(file) & OpenToOthers) != UnixFileMode.None)
                findings.Warn("Other accounts can read or write the file, which holds the arguments and results of calls.", $"`chmod 600 {file}`", Findings.PlaceOf(file));
        if (!Proxy.Backends.Guard.UnixCalls.MayWrite(path))
            findings.Fail("The file cannot be written by this account.", $"Give it to the account that runs the proxy: `chown ACCOUNT {path}`.", Findings.PlaceOf(path));
    }

    private static string Count(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
