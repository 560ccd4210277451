using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Expressions.Nodes;

namespace Harness.Mcp.Core.Expressions;

/// <summary>
/// Checks an expression and makes it a program, in one walk: each part becomes a node and a type. Where the environment is not
/// checked, what would be a problem becomes an error value of the evaluation.
/// </summary>
internal sealed class CelCompiler(CelEnvironment environment)
{
    private readonly FunctionTable _functions = FunctionTable.Standard.With(environment.Functions);
    private readonly NameTable _names = new(environment);
    private readonly TypeUnifier _types = new();
    private readonly ImmutableArray<CelProblem>.Builder _problems = ImmutableArray.CreateBuilder<CelProblem>();
    private Scope? _scope;
    private int _locals;

    public CelOutcome<CelProgram> Compile(Expr expr)
    {
        if (Depth.FirstTooDeep(expr) is { } tooDeep)
            return new([new CelProblem(tooDeep.Offset, $"The expression is nested deeper than {CelLimits.DepthMax} levels.", "Split it into several rules.")]);

        var (node, type) = Make(expr);
        return _problems.Count > 0
            ? new([.. _problems.OrderBy(problem => problem.Offset)])
            : new(new CelProgram(node, _locals, _types.Settle(type)));
    }

    private Typed Make(Expr expr) => expr switch
    {
        Expr.Literal literal => new(new ConstantNode(literal.Value), TypeOf(literal.Value)),
        Expr.Slot slot => new(new SlotNode(slot.Index), slot.Type),
        Expr.Name name => Name(name.Identifier, name.Offset),
        Expr.Member member => Member(member),
        Expr.Has has => Has(has),
        Expr.Call call => Call(call),
        Expr.ListOf list => List(list),
        Expr.MapOf map => Map(map),
        Expr.Bind bind => Bind(bind),
        Expr.Macro macro => Macro(macro),
        _ => throw new System.Diagnostics.UnreachableException($"No node for {expr.GetType().Name}."),
    };

    private Typed Name(string identifier, int offset)
    {
        if (Scope.Find(_scope, identifier) is { } local)
            return new(new LocalNode(local.Place), local.Type);
        return _names.Find(identifier) ?? Unknown(
            offset, $"There is nothing called `{identifier}` here.", Suggest.Remedy(identifier, _names.Known.Concat(Scope.Names(_scope))));
    }

    private Typed Member(Expr.Member member)
    {
        // `a.b` may be a qualified name; the longest one that is declared wins, and a local variable `a` is never part of one.
        if (QualifiedName(member) is { } qualified && _names.Find(qualified) is { } named)
            return named;

        var operand = Make(member.Operand);
        return Field(
            operand,
            member.Field,
            member.Offset,
            (node, type, index) => node is VariableNode variable ? new VariableFieldNode(variable, type, index) : new ObjectFieldNode(node, type, index),
            node => node is VariableFieldNode field ? new VariableMemberNode(field, member.Field) : new MemberNode(node, member.Field));
    }

    private Typed Has(Expr.Has has)
    {
        var operand = Make(has.Operand);
        Field(operand, has.Field, has.Offset, (node, _, _) => node, node => node);
        return new(new HasNode(operand.Node, has.Field), CelType.Bool);
    }

    /// <summary>The type of a field, with the node that reads it; a problem where the operand's type has no such field.</summary>
    private Typed Field(Typed operand, string field, int offset, Func<Node, CelObjectType, int, Node> known, Func<Node, Node> dynamic)
    {
        switch (_types.Resolve(operand.Type))
        {
            case CelType.Object { Type: var type }:
                var index = type.IndexOf(field);
                if (index >= 0)
                    return new(known(operand.Node, type, index), type.Fields[index].Type);
                return environment.IsChecked
                    ? Unknown(offset, $"`{type.Name}` has no field `{field}`.", Suggest.Remedy(field, type.Fields.Select(one => one.Name)))
                    : new(dynamic(operand.Node), CelType.Dyn);
            case CelType.Generic { Name: "map", Arguments: [_, var value] }:
                return new(dynamic(operand.Node), value);
            case CelType.Generic { Name: "optional_type", Arguments: [var inner] }:
                var of = inner is CelType.Generic { Name: "map", Arguments: [_, var there] } ? there : CelType.Dyn;
                return new(dynamic(operand.Node), CelType.OptionalOf(of));
            case CelType.Parameter or CelType.Simple { Name: "dyn" }:
                return new(dynamic(operand.Node), CelType.Dyn);
            case var other:
                return environment.IsChecked
                    ? Unknown(offset, $"A value of type {other} has no field `{field}`.", null)
                    : new(dynamic(operand.Node), CelType.Dyn);
        }
    }

    private Typed Call(Expr.Call call)
    {
        if (call.Receiver is null && call.Function is Operators.OptionalMember && call.Arguments is [var operand, Expr.Literal { Value.Kind: CelKind.String } field])
        {
            var of = Make(operand);
            var found = Field(of, field.Value.AsString, call.Offset, (node, _, _) => node, node => node);
            var type = found.Type is CelType.Generic { Name: "optional_type" } ? found.Type : CelType.OptionalOf(found.Type);
            return new(new OptionalMemberNode(of.Node, field.Value.AsString), type);
        }

        if (call.Receiver is null && OperatorTable.Find(call.Function).ToImmutableArray() is { IsEmpty: false } signatures)
            return Operator(call, signatures);

        var (name, receiver) = (call.Function, call.Receiver);
        if (receiver is not null && QualifiedName(receiver) is { } qualified && FindGlobal($"{qualified}.{call.Function}") is { IsEmpty: false })
            (name, receiver) = ($"{qualified}.{call.Function}", null);

        var overloads = receiver is null ? FindGlobal(name) : _functions.Find(name, hasReceiver: true);
        var written = call.Arguments;
        if (written.Length > 2 && name is "math.greatest" or "math.least")
            written = [new Expr.ListOf(written, [], call.Offset)]; // However many there are, they are compared like a list.
        var arguments = (receiver is null ? written : [receiver, .. written]).Select(Make).ToImmutableArray();
        if (overloads.IsEmpty)
            return Unknown(
                call.Offset, $"There is no function `{name}`.", Suggest.Remedy(name, _functions.Names(receiver is not null)));

        var result = Applied(call.Offset, name, [.. overloads.Select(overload => overload.Signature)], arguments);
        return new(CallNode(name, overloads, [.. arguments.Select(argument => argument.Node)]), result);
    }

    private static Node CallNode(string name, ImmutableArray<CelFunction> overloads, Node[] arguments) => arguments switch
    {
        [var optional, var otherwise] when name is "or" or "orValue" && overloads[0].Signature.HasReceiver => new OrElseNode(name, overloads, optional, otherwise),
        [var only] => new UnaryCallNode(name, overloads, only),
        [var left, var right] => new BinaryCallNode(name, overloads, left, right),
        _ => new CallNode(name, overloads, arguments),
    };

    private Typed Operator(Expr.Call call, ImmutableArray<CelSignature> signatures)
    {
        var arguments = call.Arguments.Select(Make).ToImmutableArray();
        var type = Applied(call.Offset, OperatorTable.Written(call.Function), signatures, arguments);
        var nodes = arguments.Select(argument => argument.Node).ToArray();
        Node node = (call.Function, nodes) switch
        {
            (Operators.And or Operators.Or, [var left, var right]) => new LogicNode(left, right, isOr: call.Function is Operators.Or),
            (Operators.Not, [var operand]) => new NotNode(operand),
            (Operators.Negate, [var operand]) => new NegateNode(operand),
            (Operators.Conditional, [var condition, var then, var otherwise]) => new ConditionalNode(condition, then, otherwise),
            (Operators.Equal or Operators.NotEqual, [var left, var right]) => new EqualityNode(left, right, isNegated: call.Function is Operators.NotEqual),
            (Operators.Less or Operators.LessOrEqual or Operators.Greater or Operators.GreaterOrEqual, [var left, var right]) => new OrderNode(left, right, call.Function),
            (Operators.In, [var value, var range]) => new InNode(value, range, BinaryOperations.Find(call.Function)!),
            (_, [var left, var right]) when BinaryOperations.Find(call.Function) is { } operation => new BinaryNode(left, right, operation),
            _ => throw new System.Diagnostics.UnreachableException($"No node for the operator {call.Function}."),
        };
        return new(node, type);
    }

    /// <summary>The type that a call gives: that of the overloads that take its arguments, dyn where these differ.</summary>
    private CelType Applied(int offset, string name, ImmutableArray<CelSignature> signatures, ImmutableArray<Typed> arguments)
    {
        var given = arguments.Select(argument => argument.Type).ToArray();
        CelType? result = null;
        foreach (var signature in signatures)
        {
            var (parameters, gives) = _types.Instantiate(signature);
            if (!_types.AreAssignable(parameters.AsSpan(), given))
                continue;
            gives = _types.Resolve(gives);
            if (result is not null && result != gives)
                return CelType.Dyn;
            result = gives;
        }

        if (result is not null)
            return result;
        if (!environment.IsChecked)
            return CelType.Dyn;

        var shown = string.Join(", ", given.Select(_types.Settle));
        var possible = string.Join("; ", signatures.Take(6).Select(signature => signature.ToString()));
        return Unknown(
            offset,
            $"`{name}` does not take ({shown}).",
            signatures[0].Function.Contains('_', StringComparison.Ordinal) || signatures[0].Function[0] == '@' ? null : $"It takes: {possible}.").Type;
    }

    private Typed List(Expr.ListOf list)
    {
        var items = new Node[list.Items.Length];
        CelType element = _types.Fresh();
        for (var index = 0; index < items.Length; index++)
        {
            var item = Make(list.Items[index]);
            items[index] = item.Node;
            var type = list.Optionals.Contains(index) ? Unwrapped(item.Type, list.Items[index].Offset) : item.Type;
            element = index == 0 ? type : _types.Join(element, type);
        }

        return new(new ListNode(items, list.Optionals), CelType.ListOf(element));
    }

    private Typed Map(Expr.MapOf map)
    {
        var entries = new (Node Key, Node Value, bool IsOptional)[map.Entries.Length];
        CelType keys = _types.Fresh();
        CelType values = _types.Fresh();
        for (var index = 0; index < entries.Length; index++)
        {
            var entry = map.Entries[index];
            var (key, value) = (Make(entry.Key), Make(entry.Value));
            entries[index] = (key.Node, value.Node, entry.IsOptional);
            var type = entry.IsOptional ? Unwrapped(value.Type, entry.Value.Offset) : value.Type;
            keys = index == 0 ? key.Type : _types.Join(keys, key.Type);
            values = index == 0 ? type : _types.Join(values, type);
        }

        return new(new MapNode(entries), CelType.MapOf(keys, values));
    }

    private CelType Unwrapped(CelType type, int offset)
    {
        var inner = _types.Fresh();
        return _types.IsAssignable(CelType.OptionalOf(inner), type) || !environment.IsChecked
            ? _types.Resolve(inner)
            : Unknown(offset, $"An optional item must be an optional, and this is {_types.Settle(type)}.", null).Type;
    }

    private Typed Bind(Expr.Bind bind)
    {
        var value = Make(bind.Value);
        var (places, body) = Within([(bind.Variable, value.Type)], () => Make(bind.Body));
        return new(new BindNode(places[0], value.Node, body.Node), body.Type);
    }

    private Typed Macro(Expr.Macro macro)
    {
        var range = Make(macro.Range);
        if (macro.Kind is MacroKind.OptMap or MacroKind.OptFlatMap)
            return OptionalMacro(macro, range);

        var (first, second) = VariableTypes(macro, range.Type);
        (string, CelType)[] variables = macro.SecondVariable is { } name ? [(macro.Variable, first), (name, second)] : [(macro.Variable, first)];
        var (places, (where, body)) = Within(variables, () => (macro.Where is null ? (Typed?)null : Make(macro.Where), Make(macro.Body)));
        if (where is not null)
            MustBeBool(where.Value, macro.Where!.Offset);
        if (macro.Kind is MacroKind.All or MacroKind.Exists or MacroKind.ExistsOne or MacroKind.Filter)
            MustBeBool(body, macro.Body.Offset);

        var cost = 1 + PartsOf(macro.Body) + (macro.Where is null ? 0 : PartsOf(macro.Where));
        var (one, two) = (places[0], places.Length == 2 ? places[1] : -1);
        return macro.Kind switch
        {
            MacroKind.All or MacroKind.Exists => new(new QuantifierNode(range.Node, one, two, body.Node, macro.Kind == MacroKind.Exists, cost), CelType.Bool),
            MacroKind.ExistsOne => new(new ExistsOneNode(range.Node, one, two, body.Node, cost), CelType.Bool),
            MacroKind.Filter => new(new ListMacroNode(range.Node, one, two, body.Node, null, cost), CelType.ListOf(first)),
            MacroKind.Map => new(new ListMacroNode(range.Node, one, two, where?.Node, body.Node, cost), CelType.ListOf(body.Type)),
            MacroKind.TransformMap => new(new MapMacroNode(range.Node, one, two, where?.Node, body.Node, isEntry: false, cost), CelType.MapOf(first, body.Type)),
            MacroKind.TransformMapEntry => new(new MapMacroNode(range.Node, one, two, where?.Node, body.Node, isEntry: true, cost), body.Type),
            _ => throw new System.Diagnostics.UnreachableException($"No node for the macro {macro.Kind}."),
        };
    }

    private Typed OptionalMacro(Expr.Macro macro, Typed range)
    {
        var inner = _types.Fresh();
        if (!_types.IsAssignable(CelType.OptionalOf(inner), range.Type) && environment.IsChecked)
            Unknown(macro.Range.Offset, $"This must be an optional, and it is {_types.Settle(range.Type)}.", null);

        var isFlat = macro.Kind == MacroKind.OptFlatMap;
        var (places, body) = Within([(macro.Variable, _types.Resolve(inner))], () => Make(macro.Body));
        return new(new OptionalMacroNode(range.Node, places[0], body.Node, isFlat), isFlat ? body.Type : CelType.OptionalOf(body.Type));
    }

    /// <summary>The types of a macro's variables: element, or index and element, of a list; key, or key and value, of a map.</summary>
    private (CelType First, CelType Second) VariableTypes(Expr.Macro macro, CelType range)
    {
        var hasTwo = macro.SecondVariable is not null;
        switch (_types.Resolve(range))
        {
            case CelType.Generic { Name: "list", Arguments: [var element] }:
                return hasTwo ? (CelType.Int, element) : (element, CelType.Dyn);
            case CelType.Generic { Name: "map", Arguments: [var key, var value] }:
                return (key, value);
            case CelType.Parameter or CelType.Simple { Name: "dyn" }:
                return (CelType.Dyn, CelType.Dyn);
            case var other:
                if (environment.IsChecked)
                    Unknown(macro.Range.Offset, $"A macro goes through a list or a map, and this is {other}.", null);
                return (CelType.Dyn, CelType.Dyn);
        }
    }

    private void MustBeBool(Typed condition, int offset)
    {
        if (!_types.IsAssignable(CelType.Bool, condition.Type) && environment.IsChecked)
            Unknown(offset, $"A condition is a bool, and this is {_types.Settle(condition.Type)}.", null);
    }

    /// <summary>Runs a part of the walk with further local variables, each in a place of its own.</summary>
    private (int[] Places, T Made) Within<T>((string Name, CelType Type)[] variables, Func<T> make)
    {
        var outer = _scope;
        var places = new int[variables.Length];
        for (var index = 0; index < variables.Length; index++)
        {
            places[index] = Scope.Count(_scope);
            _scope = new Scope(variables[index].Name, places[index], variables[index].Type, _scope);
        }

        _locals = Math.Max(_locals, Scope.Count(_scope));
        var made = make();
        _scope = outer;
        return (places, made);
    }

    private ImmutableArray<CelFunction> FindGlobal(string name)
    {
        foreach (var candidate in _names.Candidates(name))
            if (_functions.Find(candidate, hasReceiver: false) is { IsEmpty: false } found)
                return found;
        return [];
    }

    /// <summary>`a.b.c` as one name, where nothing of it is a local variable.</summary>
    private string? QualifiedName(Expr expr) => expr switch
    {
        Expr.Name name => Scope.Find(_scope, name.Identifier) is null ? name.Identifier : null,
        Expr.Member member => QualifiedName(member.Operand) is { } prefix ? $"{prefix}.{member.Field}" : null,
        _ => null,
    };

    private Typed Unknown(int offset, string message, string? remedy)
    {
        if (environment.IsChecked)
            _problems.Add(new CelProblem(offset, message, remedy));
        return new(new ConstantNode(CelValue.Error(message)), CelType.Dyn);
    }

    private static int PartsOf(Expr expr) => 1 + ExprParts.Of(expr).Sum(PartsOf);

    private static CelType TypeOf(CelValue value) => value.Kind switch
    {
        CelKind.Null => CelType.Null,
        CelKind.Bool => CelType.Bool,
        CelKind.Int => CelType.Int,
        CelKind.Uint => CelType.Uint,
        CelKind.Double => CelType.Double,
        CelKind.String => CelType.String,
        CelKind.Bytes => CelType.Bytes,
        _ => CelType.Dyn,
    };

    /// <summary>A local variable and those around it.</summary>
    private sealed record Scope(string Name, int Place, CelType Type, Scope? Outer)
    {
        public static Scope? Find(Scope? scope, string name)
        {
            for (; scope is not null; scope = scope.Outer)
                if (string.Equals(scope.Name, name, StringComparison.Ordinal))
                    return scope;
            return null;
        }

        public static int Count(Scope? scope) => scope is null ? 0 : scope.Place + 1;

        public static IEnumerable<string> Names(Scope? scope)
        {
            for (; scope is not null; scope = scope.Outer)
                yield return scope.Name;
        }
    }
}

/// <summary>A part of an expression, compiled, and what is known of its value.</summary>
internal readonly record struct Typed(Node Node, CelType Type);
