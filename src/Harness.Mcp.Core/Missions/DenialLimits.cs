using System.Collections.Immutable;

namespace Harness.Mcp.Core.Missions;

/// <summary>
/// `denials: { narrow: 5, stop: 10 }`: an agent that is refused again and again is probing, or lost. After so many refusals the mission may
/// only read, and after so many more it is suspended until a person resumes it. Null where a document does not say.
/// </summary>
public sealed record DenialLimits(int? Narrow, int? Stop)
{
    public const int NarrowDefault = 20;
    public const int StopDefault = 50;
    public const int Max = 1_000_000;

    /// <summary>The strictest of several documents; where none says, the default.</summary>
    public static DenialLimits Strictest(IEnumerable<DenialLimits?> limits)
    {
        ImmutableArray<DenialLimits> said = [.. limits.OfType<DenialLimits>()];
        return new DenialLimits(said.Min(one => one.Narrow) ?? NarrowDefault, said.Min(one => one.Stop) ?? StopDefault);
    }
}
