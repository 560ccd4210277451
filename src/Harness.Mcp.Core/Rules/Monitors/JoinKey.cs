using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// Names one <see cref="Tally"/>: links whose computable keys are exactly those of <see cref="Computable"/>, taken together by the
/// values of those of <see cref="Present"/>.
/// </summary>
/// <param name="Computable">A bit for each join whose key could be computed.</param>
/// <param name="Present">A bit for each join whose value is part of the name; a subset of <paramref name="Computable"/>.</param>
internal readonly record struct JoinKey(int Computable, int Present, CelValue First, CelValue Second, CelValue Third)
{
    public static JoinKey Of(int computable, int present) => new(computable, present, default, default, default);

    public CelValue this[int join] => join switch
    {
        0 => First,
        1 => Second,
        _ => Third,
    };

    public JoinKey With(int join, in CelValue value) => join switch
    {
        0 => this with { First = value },
        1 => this with { Second = value },
        _ => this with { Third = value },
    };

    public bool Equals(JoinKey other) =>
        Computable == other.Computable
        && Present == other.Present
        && ((Present & 1) == 0 || First.Equals(other.First))
        && ((Present & 2) == 0 || Second.Equals(other.Second))
        && ((Present & 4) == 0 || Third.Equals(other.Third));

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Computable << 8 | Present);
        for (var join = 0; join < ClausePlan.JoinsMax; join++)
            if ((Present >> join & 1) != 0)
                Add(ref hash, this[join]);
        return hash.ToHashCode();
    }

    // Numbers come from agents, who could choose many that collide; so all their bits go through the seeded hash.
    private static void Add(ref HashCode hash, in CelValue value)
    {
        long integer;
        switch (value.Kind)
        {
            case CelKind.Int:
                integer = value.AsInt;
                break;
            case CelKind.Uint:
                integer = (long)value.AsUint;
                break;
            case CelKind.Double when NumericOrder.TryInt(value.AsDouble, out integer):
                break;
            case CelKind.Double when NumericOrder.TryUint(value.AsDouble, out var natural):
                integer = (long)natural;
                break;
            default:
                hash.Add(value.GetHashCode());
                return;
        }

        hash.Add((int)integer);
        hash.Add((int)(integer >> 32));
    }
}
