using System.Collections.Immutable;

namespace Harness.Mcp.Core.Expressions;

/// <summary>A CEL expression as it was written; operators are calls under CEL's standard names (<see cref="Operators"/>).</summary>
/// <param name="Offset">Where the part starts, or where its operator stands: UTF-16 code units from the start of the source.</param>
internal abstract record Expr(int Offset)
{
    public sealed record Literal(CelValue Value, int Offset) : Expr(Offset);

    /// <param name="Identifier">A leading dot (`.x`) is kept: such a name is looked up from the root, past every local variable.</param>
    public sealed record Name(string Identifier, int Offset) : Expr(Offset);

    /// <summary>`operand.field`; also a qualified name such as `math.greatest`, since only declarations tell the two apart.</summary>
    /// <param name="Offset">Where <paramref name="Field"/> stands.</param>
    public sealed record Member(Expr Operand, string Field, int Offset) : Expr(Offset);

    /// <summary>The macro `has(operand.field)`.</summary>
    public sealed record Has(Expr Operand, string Field, int Offset) : Expr(Offset);

    /// <param name="Receiver">The `a` of `a.f(b)`; null for `f(b)` and for operators.</param>
    public sealed record Call(string Function, Expr? Receiver, ImmutableArray<Expr> Arguments, int Offset) : Expr(Offset);

    /// <param name="Optionals">Indexes of the items written `?item`, ascending; mostly empty.</param>
    public sealed record ListOf(ImmutableArray<Expr> Items, ImmutableArray<int> Optionals, int Offset) : Expr(Offset);

    public sealed record MapOf(ImmutableArray<MapEntry> Entries, int Offset) : Expr(Offset);

    /// <summary>A macro over the elements of <paramref name="Range"/>, not expanded.</summary>
    /// <param name="Variable">The element (of a list) or key (of a map); with a second variable the index or key.</param>
    /// <param name="SecondVariable">The element or value in the two-variable forms; else null.</param>
    /// <param name="Body">What is computed for each element: the condition of all, exists, exists_one and filter, else the result.</param>
    /// <param name="Where">The condition of the longer forms of map and transform (`map(x, where, body)`); else null.</param>
    public sealed record Macro(MacroKind Kind, Expr Range, string Variable, string? SecondVariable, Expr Body, Expr? Where, int Offset)
        : Expr(Offset);

    /// <summary>`cel.bind(variable, value, body)`.</summary>
    public sealed record Bind(string Variable, Expr Value, Expr Body, int Offset) : Expr(Offset);

    /// <summary>A place whose value the activation gives. The parser makes none; compilers put them in place of parts they evaluate.</summary>
    public sealed record Slot(int Index, CelType Type, int Offset) : Expr(Offset);
}

/// <param name="IsOptional">Whether the entry was written `{?key: value}`.</param>
internal sealed record MapEntry(Expr Key, Expr Value, bool IsOptional);

/// <summary>Which macro was written; two-variable forms share the kind of their one-variable form.</summary>
internal enum MacroKind
{
    All,
    Exists,
    ExistsOne,

    /// <summary>`map`, and `transformList` with two variables.</summary>
    Map,
    Filter,

    /// <summary>`transformMap`: the keys stay, the body gives the values.</summary>
    TransformMap,

    /// <summary>`transformMapEntry`: the body gives maps of new entries.</summary>
    TransformMapEntry,

    /// <summary>`optMap`: the range is an optional.</summary>
    OptMap,

    /// <summary>`optFlatMap`: the range is an optional, and so is the body.</summary>
    OptFlatMap,
}

/// <summary>CEL's standard names of its operators.</summary>
internal static class Operators
{
    public const string And = "_&&_";
    public const string Or = "_||_";
    public const string Not = "!_";
    public const string Negate = "-_";
    public const string Equal = "_==_";
    public const string NotEqual = "_!=_";
    public const string Less = "_<_";
    public const string LessOrEqual = "_<=_";
    public const string Greater = "_>_";
    public const string GreaterOrEqual = "_>=_";
    public const string Add = "_+_";
    public const string Subtract = "_-_";
    public const string Multiply = "_*_";
    public const string Divide = "_/_";
    public const string Modulo = "_%_";
    public const string In = "@in";
    public const string Index = "_[_]";
    public const string OptionalIndex = "_[?_]";
    public const string OptionalMember = "_?._";
    public const string Conditional = "_?_:_";
}
