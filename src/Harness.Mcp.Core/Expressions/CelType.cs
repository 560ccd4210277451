using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Harness.Mcp.Core.Expressions;

/// <summary>What the checker knows of a value before it is there.</summary>
internal abstract record CelType
{
    private CelType()
    {
    }

    /// <summary>Known at evaluation only; fits every type.</summary>
    public static CelType Dyn { get; } = new Simple("dyn");

    public static CelType Null { get; } = new Simple("null_type");

    public static CelType Bool { get; } = new Simple("bool");

    public static CelType Int { get; } = new Simple("int");

    public static CelType Uint { get; } = new Simple("uint");

    public static CelType Double { get; } = new Simple("double");

    public static CelType String { get; } = new Simple("string");

    public static CelType Bytes { get; } = new Simple("bytes");

    public static CelType Timestamp { get; } = new Simple("google.protobuf.Timestamp");

    public static CelType Duration { get; } = new Simple("google.protobuf.Duration");

    public static CelType ListOf(CelType element) => new Generic("list", [element]);

    public static CelType MapOf(CelType key, CelType value) => new Generic("map", [key, value]);

    public static CelType OptionalOf(CelType value) => new Generic("optional_type", [value]);

    public static CelType TypeOf(CelType described) => new Generic("type", [described]);

    public sealed record Simple(string Name) : CelType
    {
        public override string ToString() => Name switch
        {
            "google.protobuf.Timestamp" => "timestamp",
            "google.protobuf.Duration" => "duration",
            "null_type" => "null",
            _ => Name,
        };
    }

    /// <summary>A type with parameters: `list`, `map`, `optional_type`, `type`, or another that the environment's functions use.</summary>
    public sealed record Generic(string Name, ImmutableArray<CelType> Arguments) : CelType
    {
        public bool Equals(Generic? other) =>
            other is not null && string.Equals(Name, other.Name, StringComparison.Ordinal) && Arguments.AsSpan().SequenceEqual(other.Arguments.AsSpan());

        public override int GetHashCode() => HashCode.Combine(Name, Arguments.Length);

        public override string ToString() => $"{Name}({string.Join(", ", Arguments)})";
    }

    /// <summary>An object whose fields are all known, so that a misspelt field is a problem of the expression.</summary>
    public sealed record Object(CelObjectType Type) : CelType
    {
        public override string ToString() => Type.Name;
    }

    /// <summary>A type parameter of a function's signature, or one that the checker has not settled yet.</summary>
    public sealed record Parameter(string Name) : CelType
    {
        public override string ToString() => Name;
    }
}

/// <summary>The fields of a kind of object, in the order in which <see cref="CelObject.Field"/> counts them.</summary>
internal sealed class CelObjectType
{
    private readonly FrozenDictionary<string, int> _indexes;

    public CelObjectType(string name, params ReadOnlySpan<CelField> fields)
    {
        Name = name;
        Fields = [.. fields];
        _indexes = Fields.Select((field, index) => KeyValuePair.Create(field.Name, index)).ToFrozenDictionary(StringComparer.Ordinal);
    }

    public string Name { get; }

    public ImmutableArray<CelField> Fields { get; }

    /// <summary>The index of a field, or -1.</summary>
    public int IndexOf(string field) => _indexes.TryGetValue(field, out var index) ? index : -1;
}

internal sealed record CelField(string Name, CelType Type);
