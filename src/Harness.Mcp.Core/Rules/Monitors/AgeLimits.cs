using System.Collections.Immutable;
using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>How old a link must be for a clause to hold, from all the clause's age tests together.</summary>
/// <param name="Least">In ticks; at least so old.</param>
/// <param name="Most">In ticks; at most so old.</param>
/// <param name="IsUnknown">Whether a limit could not be computed; then the clause never holds.</param>
internal readonly record struct AgeLimits(long Least, long Most, bool IsUnknown)
{
    // Far beyond any age, and far from overflow when added to a time.
    private const long Unlimited = long.MaxValue / 4;

    private static readonly AgeLimits None = new(-Unlimited, Unlimited, false);

    public bool HasLeast => Least > -Unlimited;

    public bool HasMost => Most < Unlimited;

    public bool Admits(long age) => age >= Least && age <= Most;

    /// <param name="mission">Gives `mission`; nothing else is asked for.</param>
    public static AgeLimits Of(ImmutableArray<AgePlan> tests, Activation mission)
    {
        var limits = None;
        foreach (var test in tests)
        {
            if (Nanoseconds(test.Plus, mission) is not { } plus || Nanoseconds(test.Minus, mission) is not { } minus)
            {
                limits = limits with { IsUnknown = true };
                continue;
            }

            var length = (Int128)plus - minus;
            limits = test.Operator switch
            {
                Operators.Less => limits with { Most = Math.Min(limits.Most, TicksBelow(length - 1)) },
                Operators.LessOrEqual => limits with { Most = Math.Min(limits.Most, TicksBelow(length)) },
                Operators.Greater => limits with { Least = Math.Max(limits.Least, TicksAbove(length + 1)) },
                _ => limits with { Least = Math.Max(limits.Least, TicksAbove(length)) },
            };
        }

        return limits;
    }

    private static long? Nanoseconds(CelProgram? length, Activation mission)
    {
        if (length is null)
            return 0;
        var value = length.Evaluate(mission);
        return value.Kind == CelKind.Duration ? value.DurationNanoseconds : null;
    }

    private static long TicksBelow(Int128 nanoseconds) => (long)FloorOfTicks(nanoseconds);

    private static long TicksAbove(Int128 nanoseconds) => -(long)FloorOfTicks(-nanoseconds);

    private static Int128 FloorOfTicks(Int128 nanoseconds)
    {
        var ticks = nanoseconds / TimeSpan.NanosecondsPerTick;
        return nanoseconds < 0 && ticks * TimeSpan.NanosecondsPerTick != nanoseconds ? ticks - 1 : ticks;
    }
}
