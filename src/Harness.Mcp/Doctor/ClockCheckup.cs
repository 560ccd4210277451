using System.Globalization;

namespace Harness.Mcp.Doctor;

/// <summary>The clock: later than the program itself, and not behind what the chains have recorded.</summary>
internal static class ClockCheckup
{
    private static readonly TimeSpan Tolerated = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Much = TimeSpan.FromHours(1);

    public static void Run(Examination home) => Run(home, TimeProvider.System.GetUtcNow());

    /// <param name="now">What the clock says.</param>
    public static void Run(Examination home, DateTimeOffset now)
    {
        var findings = home.Begin("clock");
        var program = Path.Combine(AppContext.BaseDirectory, "harness.dll");
        if (File.Exists(program) && File.GetLastWriteTimeUtc(program) is var built && now.UtcDateTime < built - TimeSpan.FromDays(1))
            findings.Fail($"The clock says {Words(now)}, which is before this program was made.", "Have the clock set by the network (NTP): tokens, lifetimes and time windows go by it.");
        if (home.NewestLink is { } newest && newest - now is var behind && behind > Tolerated)
        {
            var message = $"The clock says {Words(now)}, and the newest link is of {Words(newest)}: it was set back. Times of a mission never run backwards, so its windows and lifetime stand still until the clock has caught up.";
            if (behind > Much)
                findings.Fail(message, "Have the clock set by the network (NTP).");
            else
                findings.Warn(message, "Have the clock set by the network (NTP).");
        }

        if (!findings.HasAny)
            findings.Ok($"The clock says {Words(now)}.");
    }

    private static string Words(DateTimeOffset time) => time.ToString("u", CultureInfo.InvariantCulture);
}
