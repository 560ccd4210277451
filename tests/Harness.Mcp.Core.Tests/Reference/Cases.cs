using System.Globalization;

namespace Harness.Mcp.Core.Tests.Reference;

/// <summary>How many random cases an agreement test plays: few with every build, and as many as `AGREEMENT_CASES` says in a long run.</summary>
internal static class Cases
{
    public static int Of(int usual) =>
        long.TryParse(Environment.GetEnvironmentVariable("AGREEMENT_CASES"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked)
            ? (int)Math.Clamp(asked, 1, int.MaxValue)
            : usual;
}
