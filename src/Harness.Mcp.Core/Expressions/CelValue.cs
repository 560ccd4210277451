using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Harness.Mcp.Core.Expressions;

internal enum CelKind : byte
{
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    List,
    Map,
    Timestamp,
    Duration,
    Type,
    Optional,

    /// <summary>A value of a type that the language's extensions bring, such as an IP address.</summary>
    Opaque,

    /// <summary>Why there is no value. It passes through every operation but `&amp;&amp;`, `||` and `?:`, which may not need it.</summary>
    Error,
}

/// <summary>
/// A value of the expression language. Scalars are held without boxing. Two values are equal as CEL's `==` says: numbers by
/// their exact mathematical value whatever their kind, NaN to nothing, and values of other kinds never; errors are equal by message.
/// The hash code agrees, so values can be dictionary keys.
/// </summary>
internal readonly struct CelValue : IEquatable<CelValue>
{
    private readonly object? _reference;
    private readonly long _bits;
    private readonly int _nanoseconds;
    private readonly CelKind _kind;

    private CelValue(CelKind kind, object? reference, long bits = 0, int nanoseconds = 0)
    {
        _kind = kind;
        _reference = reference;
        _bits = bits;
        _nanoseconds = nanoseconds;
    }

    public static CelValue Null => default;

    public static CelValue True => new(CelKind.Bool, null, 1);

    public static CelValue False => new(CelKind.Bool, null, 0);

    /// <summary>The empty optional.</summary>
    public static CelValue None => new(CelKind.Optional, null);

    public CelKind Kind => _kind;

    public bool IsError => _kind == CelKind.Error;

    public bool IsTrue => _kind == CelKind.Bool && _bits != 0;

    public bool IsFalse => _kind == CelKind.Bool && _bits == 0;

    public bool IsNumber => _kind is CelKind.Int or CelKind.Uint or CelKind.Double;

    public bool AsBool => Checked(CelKind.Bool)._bits != 0;

    public long AsInt => Checked(CelKind.Int)._bits;

    public ulong AsUint => (ulong)Checked(CelKind.Uint)._bits;

    public double AsDouble => BitConverter.Int64BitsToDouble(Checked(CelKind.Double)._bits);

    public string AsString => Unsafe.As<string>(Checked(CelKind.String)._reference!);

    public byte[] AsBytes => Unsafe.As<byte[]>(Checked(CelKind.Bytes)._reference!);

    public CelList AsList => Unsafe.As<CelList>(Checked(CelKind.List)._reference!);

    public CelMap AsMap => Unsafe.As<CelMap>(Checked(CelKind.Map)._reference!);

    /// <summary>Whole seconds since 1970-01-01T00:00:00Z, rounded down; the rest is <see cref="TimestampNanoseconds"/>.</summary>
    public long TimestampSeconds => Checked(CelKind.Timestamp)._bits;

    /// <summary>From 0 to 999,999,999, counted upward from <see cref="TimestampSeconds"/>.</summary>
    public int TimestampNanoseconds => Checked(CelKind.Timestamp)._nanoseconds;

    public long DurationNanoseconds => Checked(CelKind.Duration)._bits;

    /// <summary>The name of the type that this value is.</summary>
    public string TypeName => (string)Checked(CelKind.Type)._reference!;

    public bool HasOptionalValue => Checked(CelKind.Optional)._reference is not null;

    /// <summary>The value inside an optional that has one.</summary>
    public CelValue OptionalValue => ((StrongBox<CelValue>)Checked(CelKind.Optional)._reference!).Value;

    public object AsOpaque => Checked(CelKind.Opaque)._reference!;

    /// <summary>What went wrong, for people.</summary>
    public string ErrorMessage => (string)Checked(CelKind.Error)._reference!;

    /// <summary>How much work comparing or copying this value is, in steps of <see cref="CelLimits.StepsMax"/>.</summary>
    public long Weight => _kind switch
    {
        CelKind.String => 1 + (AsString.Length >> 4),
        CelKind.Bytes => 1 + (AsBytes.Length >> 4),
        CelKind.List => AsList.Weight,
        CelKind.Map => AsMap.Weight,
        CelKind.Optional when HasOptionalValue => 1 + OptionalValue.Weight,
        _ => 1,
    };

    public static CelValue Of(bool value) => new(CelKind.Bool, null, value ? 1 : 0);

    public static CelValue Of(long value) => new(CelKind.Int, null, value);

    public static CelValue Of(ulong value) => new(CelKind.Uint, null, (long)value);

    public static CelValue Of(double value) => new(CelKind.Double, null, BitConverter.DoubleToInt64Bits(value));

    public static CelValue Of(string value) => new(CelKind.String, value);

    /// <summary>Takes over <paramref name="value"/>: nobody may change it afterwards.</summary>
    public static CelValue Of(byte[] value) => new(CelKind.Bytes, value);

    public static CelValue Of(CelList value) => new(CelKind.List, value);

    public static CelValue Of(CelMap value) => new(CelKind.Map, value);

    /// <summary>Takes over <paramref name="items"/>: nobody may change them afterwards.</summary>
    public static CelValue ListOf(params CelValue[] items) => new(CelKind.List, new ArrayCelList(items));

    public static CelValue ListOf(ImmutableArray<string> items) => ListOf(Array.ConvertAll([.. items], Of));

    public static CelValue Of(DateTimeOffset value)
    {
        var ticks = value.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        var seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out var rest);
        if (rest < 0)
            (seconds, rest) = (seconds - 1, rest + TimeSpan.TicksPerSecond);
        return new(CelKind.Timestamp, null, seconds, (int)(rest * TimeSpan.NanosecondsPerTick));
    }

    /// <summary>A duration beyond 292 years is an error value.</summary>
    public static CelValue Of(TimeSpan value) => Int128.Abs((Int128)value.Ticks * TimeSpan.NanosecondsPerTick) <= long.MaxValue
        ? OfDuration(value.Ticks * TimeSpan.NanosecondsPerTick)
        : Error("duration out of range");

    /// <summary>The caller has checked the range: years 1 to 9999.</summary>
    public static CelValue OfTimestamp(long seconds, int nanoseconds) => new(CelKind.Timestamp, null, seconds, nanoseconds);

    public static CelValue OfDuration(long nanoseconds) => new(CelKind.Duration, null, nanoseconds);

    public static CelValue OfType(string name) => new(CelKind.Type, name);

    public static CelValue OptionalOf(CelValue value) => new(CelKind.Optional, new StrongBox<CelValue>(value));

    public static CelValue OfOpaque(object value) => new(CelKind.Opaque, value);

    public static CelValue Error(string message) => new(CelKind.Error, message);

    /// <summary>
    /// A JSON value, read when it is needed and no earlier. A number without fraction or exponent becomes an int where it fits
    /// 64 bits, else a uint where it fits, else a double; one with fraction or exponent is a double always, even `1.0`. Since
    /// numbers are equal across kinds, only integers beyond 64 bits and long fractions lose digits.
    /// </summary>
    public static CelValue FromJson(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => True,
        JsonValueKind.False => False,
        JsonValueKind.Number when element.TryGetInt64(out var number) => Of(number),
        JsonValueKind.Number when element.TryGetUInt64(out var number) => Of(number),
        JsonValueKind.Number => Of(element.GetDouble()),
        JsonValueKind.String => Of(element.GetString() ?? ""),
        JsonValueKind.Array => new(CelKind.List, new JsonCelList(element)),
        JsonValueKind.Object => new(CelKind.Map, new JsonCelMap(element)),
        _ => Null,
    };

    public static bool operator ==(CelValue left, CelValue right) => left.Equals(right);

    public static bool operator !=(CelValue left, CelValue right) => !left.Equals(right);

    public bool Equals(CelValue other)
    {
        if (_kind != other._kind)
            return IsNumber && other.IsNumber && NumericOrder.AreEqual(this, other);
        if (_kind == CelKind.String)
            return string.Equals(Unsafe.As<string>(_reference), Unsafe.As<string>(other._reference), StringComparison.Ordinal);

        return _kind switch
        {
            CelKind.Null => true,
            CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.Duration => _bits == other._bits,
            CelKind.Double => AsDouble == other.AsDouble,
            CelKind.Timestamp => _bits == other._bits && _nanoseconds == other._nanoseconds,
            CelKind.Type or CelKind.Error =>
                string.Equals(Unsafe.As<string>(_reference), Unsafe.As<string>(other._reference), StringComparison.Ordinal),
            CelKind.Bytes => AsBytes.AsSpan().SequenceEqual(other.AsBytes),
            CelKind.List => AsList.ItemsEqual(other.AsList),
            CelKind.Map => AsMap.EntriesEqual(other.AsMap),
            CelKind.Optional => HasOptionalValue && other.HasOptionalValue
                ? OptionalValue.Equals(other.OptionalValue)
                : HasOptionalValue == other.HasOptionalValue,
            CelKind.Opaque => Equals(_reference, other._reference),
            _ => throw new UnreachableException($"No equality for {_kind}."),
        };
    }

    public override bool Equals(object? obj) => obj is CelValue other && Equals(other);

    public override int GetHashCode() => _kind switch
    {
        CelKind.Null => 0,
        CelKind.Int or CelKind.Uint or CelKind.Double => NumericOrder.HashOf(this),
        CelKind.Bool => HashCode.Combine(_kind, _bits),
        CelKind.Duration => HashCode.Combine(_kind, _bits),
        CelKind.Timestamp => HashCode.Combine(_kind, _bits, _nanoseconds),
        CelKind.String or CelKind.Type or CelKind.Error => string.GetHashCode(Unsafe.As<string>(_reference), StringComparison.Ordinal),
        CelKind.Bytes => HashOfBytes(AsBytes),
        CelKind.List => AsList.ItemsHash(),
        CelKind.Map => AsMap.EntriesHash(),
        CelKind.Optional => HasOptionalValue ? OptionalValue.GetHashCode() + 1 : 1,
        _ => _reference?.GetHashCode() ?? 0,
    };

    /// <summary>For people and test output, not CEL's own text form.</summary>
    public override string ToString() => _kind switch
    {
        CelKind.Null => "null",
        CelKind.Bool => AsBool ? "true" : "false",
        CelKind.Int => $"{AsInt}",
        CelKind.Uint => $"{AsUint}u",
        CelKind.Double => $"{AsDouble:R}",
        CelKind.String => $"\"{AsString}\"",
        CelKind.Bytes => $"b\"{Convert.ToHexStringLower(AsBytes)}\"",
        CelKind.List => $"[{string.Join(", ", AsList.ToArray())}]",
        CelKind.Map => $"{{{string.Join(", ", AsMap.Keys.Select(Entry))}}}",
        CelKind.Timestamp => $"timestamp({TimestampSeconds}.{TimestampNanoseconds:D9})",
        CelKind.Duration => $"duration({DurationNanoseconds}ns)",
        CelKind.Type => $"type({TypeName})",
        CelKind.Optional => HasOptionalValue ? $"optional({OptionalValue})" : "optional()",
        CelKind.Error => $"error({ErrorMessage})",
        _ => $"{_reference}",
    };

    private string Entry(CelValue key) => AsMap.TryGet(key, out var value) ? $"{key}: {value}" : $"{key}";

    private static int HashOfBytes(byte[] bytes)
    {
        var hash = new HashCode();
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    // The compiler decides by kind before it reads, so a mismatch is a bug of the engine, never of an expression.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    [UnscopedRef]
    private ref readonly CelValue Checked(CelKind kind)
    {
        if (_kind != kind)
            ThrowWrongKind(_kind, kind);
        return ref this;
    }

    private static void ThrowWrongKind(CelKind actual, CelKind expected) =>
        throw new InvalidOperationException($"The value is {actual}, not {expected}.");
}
