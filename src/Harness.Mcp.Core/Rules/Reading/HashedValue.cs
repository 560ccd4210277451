using System.Diagnostics.CodeAnalysis;
using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Reading;

/// <summary>A value with its hash, which is worked out once however many indexes are asked for it.</summary>
internal readonly struct HashedValue : IEquatable<HashedValue>
{
    private readonly CelValue _value;
    private readonly int _hash;

    /// <summary>Only what a number, a text or another scalar is can be hashed at the same cost always; lists and maps are walked.</summary>
    public HashedValue(in CelValue value)
    {
        _value = value;
        _hash = HashOf(value);
    }

    [UnscopedRef]
    public ref readonly CelValue Value => ref _value;

    public bool IsError => _value.IsError;

    public bool Equals(HashedValue other) => _hash == other._hash && _value.Equals(other._value);

    public override bool Equals(object? obj) => obj is HashedValue other && Equals(other);

    public override int GetHashCode() => _hash;

    // Numbers come from agents, who could choose many that collide; so all their bits go through the seeded hash.
    private static int HashOf(in CelValue value)
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
                return value.GetHashCode();
        }

        return HashCode.Combine((int)integer, (int)(integer >> 32));
    }
}
