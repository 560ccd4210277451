using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// Names one <see cref="Tally"/>: links whose computable keys are exactly those of <see cref="Computable"/>, taken together by the
/// values of those of <see cref="Present"/>.
/// </summary>
/// <param name="Computable">A bit for each join whose key could be computed.</param>
/// <param name="Present">A bit for each join whose value is part of the name; a subset of <paramref name="Computable"/>.</param>
internal readonly record struct JoinKey(int Computable, int Present, HashedValue First, HashedValue Second, HashedValue Third)
{
    public static JoinKey Of(int computable, int present) => new(computable, present, default, default, default);

    public HashedValue this[int join] => join switch
    {
        0 => First,
        1 => Second,
        _ => Third,
    };

    public JoinKey With(int join, in HashedValue value) => join switch
    {
        0 => this with { First = value },
        1 => this with { Second = value },
        _ => this with { Third = value },
    };

    public JoinKey Transferred(StateTransfer state)
    {
        var (computable, present) = (Computable, Present);
        state.Number(ref computable);
        state.Number(ref present);
        if (computable is < 0 or >= 1 << ClausePlan.JoinsMax || (present & ~computable) != 0)
            throw StateTransfer.Malformed("a key has joins that are not there");
        var key = Of(computable, present);
        for (var join = 0; join < ClausePlan.JoinsMax; join++)
            if ((present >> join & 1) != 0)
                key = key.With(join, new HashedValue(StoredValue.Transferred(state, this[join].Value)));
        return key;
    }

    public bool Equals(JoinKey other) =>
        Computable == other.Computable
        && Present == other.Present
        && ((Present & 1) == 0 || First.Equals(other.First))
        && ((Present & 2) == 0 || Second.Equals(other.Second))
        && ((Present & 4) == 0 || Third.Equals(other.Third));

    public override int GetHashCode() => HashCode.Combine(
        Computable << 8 | Present,
        (Present & 1) == 0 ? 0 : First.GetHashCode(),
        (Present & 2) == 0 ? 0 : Second.GetHashCode(),
        (Present & 4) == 0 ? 0 : Third.GetHashCode());
}
