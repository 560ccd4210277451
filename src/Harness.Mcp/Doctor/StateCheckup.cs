using System.Globalization;
using Harness.Mcp.Proxy.Backends.Guard;

namespace Harness.Mcp.Doctor;

/// <summary>The folder `state`: whether it can be written, who else could, whether the disk has room, and who works on it.</summary>
internal static class StateCheckup
{
    private const long SpaceLeast = 64L * 1024 * 1024;
    private const long SpaceEnough = 1024L * 1024 * 1024;
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    public static void Run(Examination home)
    {
        var findings = home.Begin("state");
        var state = home.Home.State;
        var exists = Directory.Exists(state);
        if (!OperatingSystem.IsWindows() && !UnixCalls.MayWrite(exists ? state : home.Home.Root))
            findings.Fail("The folder cannot be written by this account, so that no mission could be recorded.", $"Give it to the account that runs the proxy: `chown -R ACCOUNT {state}`.", Findings.PlaceOf(state));
        else
            findings.Ok(exists ? "The folder can be written." : "There is no folder yet; the first start makes it.", state);

        if (exists && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(state) & WritableByOthers) != UnixFileMode.None)
            findings.Warn("Other accounts can write in the folder: they could replace chains and approvals.", $"`chmod go-w {state}`", Findings.PlaceOf(state));
        CheckSpace(findings, exists ? state : home.Home.Root);
        findings.Ok(home.IsRunning
            ? $"A `harness run` works on this home{(home.Noted is { } noted ? string.Create(CultureInfo.InvariantCulture, $" (process {noted.Process})") : "")}."
            : "No `harness run` works on this home.");
    }

    private static void CheckSpace(Findings findings, string folder)
    {
        try
        {
            var free = new DriveInfo(folder).AvailableFreeSpace;
            var words = free >= SpaceEnough ? $"{(free / (double)SpaceEnough).ToString("0.#", CultureInfo.InvariantCulture)} GiB" : $"{free / (1024 * 1024)} MiB";
            if (free < SpaceLeast)
                findings.Fail($"The disk has {words} left: when it is full, every call is denied.", "Free some space, or let `ChainStore:Path` name another local disk.", Findings.PlaceOf(folder));
            else if (free < SpaceEnough)
                findings.Warn($"The disk has {words} left; a link takes about 1 KiB, and when it is full, every call is denied.", "Free some space, or let `ChainStore:Path` name another local disk.", Findings.PlaceOf(folder));
            else
                findings.Ok($"The disk has {words} left.");
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            findings.Warn($"How much room the disk has left cannot be told: {unknown.Message}", null, Findings.PlaceOf(folder));
        }
    }
}
