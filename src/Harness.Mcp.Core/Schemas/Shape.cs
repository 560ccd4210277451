using System.Collections.Immutable;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Schemas;

/// <summary>
/// What a schema says of the form of its values, as far as a look at names and types goes. It promises less than the schema: a value of
/// another form is possible wherever the shape is <see cref="Any"/>.
/// </summary>
internal abstract record Shape
{
    private Shape()
    {
    }

    /// <summary>Nothing is known: every use may be right.</summary>
    public static Shape Any { get; } = new Unknown();

    public static Shape Null { get; } = new Nothing();

    /// <summary>Whether the value may be null instead.</summary>
    public bool MayBeNull { get; init; }

    public bool IsAny => this is Unknown;

    /// <param name="Values">Every value that it can have; empty where any text will do.</param>
    public sealed record Text(ImmutableArray<string> Values) : Shape
    {
        public override string ToString() => "text";
    }

    public sealed record Number : Shape
    {
        public override string ToString() => "a number";
    }

    public sealed record Truth : Shape
    {
        public override string ToString() => "true or false";
    }

    public sealed record List(Shape Item) : Shape
    {
        public override string ToString() => "a list";
    }

    /// <param name="Others">The form of fields that are not named; null where the schema expects none.</param>
    public sealed record Fields(ImmutableSortedDictionary<string, Shape> Known, Shape? Others) : Shape
    {
        public override string ToString() => "an object";
    }

    private sealed record Unknown : Shape;

    private sealed record Nothing : Shape;

    /// <summary>The first name of a path that values of this shape do not have, with those that they have there; null where all may be there.</summary>
    public (string Name, IEnumerable<string> Known)? Missing(FieldPath path)
    {
        var shape = this;
        foreach (var step in path.Steps)
        {
            if (step is null)
                shape = shape is List { Item: var item } ? item : Any;
            else if (shape is Fields fields && !fields.Known.ContainsKey(step) && fields.Others is null)
                return (step, fields.Known.Keys);
            else
                shape = shape is Fields { Known: var known, Others: var others } ? known.GetValueOrDefault(step) ?? others! : Any;
        }

        return null;
    }

    /// <summary>The shape of values that have the one or the other; a field exists where one of them has it.</summary>
    public static Shape Or(Shape one, Shape other)
    {
        if (one.IsAny || other.IsAny)
            return Any;
        if (one is Nothing || other is Nothing)
            return (one is Nothing ? other : one) with { MayBeNull = true };

        var either = (one, other) switch
        {
            (Text left, Text right) => new Text(left.Values.IsEmpty || right.Values.IsEmpty ? [] : [.. left.Values.Union(right.Values, StringComparer.Ordinal)]),
            (Number, Number) or (Truth, Truth) => one,
            (List left, List right) => new List(Or(left.Item, right.Item)),
            (Fields left, Fields right) => new Fields(Merged(left, right, Or), OrOthers(left.Others, right.Others)),
            _ => Any,
        };
        return either.IsAny ? Any : either with { MayBeNull = one.MayBeNull || other.MayBeNull };
    }

    /// <summary>The shape of values that have both.</summary>
    public static Shape And(Shape one, Shape other)
    {
        if (one.IsAny)
            return other;
        if (other.IsAny)
            return one;
        return (one, other) switch
        {
            (Text { Values.IsEmpty: true }, Text) => other,
            (List left, List right) => new List(And(left.Item, right.Item)),
            (Fields left, Fields right) => new Fields(Merged(left, right, And), left.Others is null || right.Others is null ? null : And(left.Others, right.Others)),
            _ => one,
        };
    }

    private static Shape? OrOthers(Shape? one, Shape? other) => one is null ? other : other is null ? one : Or(one, other);

    private static ImmutableSortedDictionary<string, Shape> Merged(Fields left, Fields right, Func<Shape, Shape, Shape> both)
    {
        var merged = left.Known.ToBuilder();
        foreach (var (name, shape) in right.Known)
            merged[name] = merged.TryGetValue(name, out var known) ? both(known, shape) : shape;
        return merged.ToImmutable();
    }
}
