using System.Collections.Immutable;

namespace Harness.Mcp.Core.Expressions;

/// <summary>
/// Reads the whole CEL grammar into an <see cref="Expr"/>. It stops at the first problem, since what follows a syntax mistake
/// cannot be trusted, and it never throws, whatever the text.
/// </summary>
internal sealed class CelParser
{
    private static readonly Dictionary<string, (int Level, string Function)> BinaryOperators = new(StringComparer.Ordinal)
    {
        ["||"] = (0, Operators.Or),
        ["&&"] = (1, Operators.And),
        ["<"] = (2, Operators.Less),
        ["<="] = (2, Operators.LessOrEqual),
        [">"] = (2, Operators.Greater),
        [">="] = (2, Operators.GreaterOrEqual),
        ["=="] = (2, Operators.Equal),
        ["!="] = (2, Operators.NotEqual),
        ["in"] = (2, Operators.In),
        ["+"] = (3, Operators.Add),
        ["-"] = (3, Operators.Subtract),
        ["*"] = (4, Operators.Multiply),
        ["/"] = (4, Operators.Divide),
        ["%"] = (4, Operators.Modulo),
    };

    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return",
        "var", "void", "while",
    };

    private readonly CelLexer _lexer;
    private Token _token;
    private CelProblem? _problem;
    private int _nodes;
    private int _depth;

    private CelParser(string source)
    {
        _lexer = new CelLexer(source);
        _token = _lexer.Next();
    }

    public static CelOutcome<Expr> Parse(string source)
    {
        if (source.Length > CelLimits.SourceLengthMax)
            return new([new CelProblem(CelLimits.SourceLengthMax, $"The expression is longer than {CelLimits.SourceLengthMax} characters.")]);

        var parser = new CelParser(source);
        var expr = parser.Expression();
        if (parser._problem is null && parser._token.Kind != TokenKind.End)
            parser.Unexpected("an operator or the end");
        if (parser._problem is null && Depth.FirstTooDeep(expr) is { } tooDeep)
            parser.TooDeep(tooDeep.Offset);
        return parser._problem is { } problem ? new([problem]) : new(expr);
    }

    private Expr Expression()
    {
        if (_depth == CelLimits.DepthMax)
            return TooDeep(_token.Start);

        _depth++;
        var condition = Binary(0);
        if (_problem is null && _token.Is("?"))
        {
            var at = Take().Start;
            var first = Binary(0);
            Expect(":");
            var second = Expression();
            condition = Node(new Expr.Call(Operators.Conditional, null, [condition, first, second], at));
        }

        _depth--;
        return condition;
    }

    private Expr Binary(int level)
    {
        if (level > 4)
            return Unary();

        var left = Binary(level + 1);
        List<(Expr Term, int At)>? terms = null;
        while (_problem is null
            && _token.Kind == TokenKind.Sign
            && BinaryOperators.TryGetValue(_token.Text, out var found)
            && found.Level == level)
        {
            var at = Take().Start;
            var right = Binary(level + 1);
            if (level <= 1)
                (terms ??= [(left, at)]).Add((right, at));
            else
                left = Node(new Expr.Call(found.Function, null, [left, right], at));
        }

        return terms is null ? left : Balanced(level == 0 ? Operators.Or : Operators.And, terms, 0, terms.Count);
    }

    // && and || may be regrouped freely, so a long run becomes a shallow tree.
    private Expr Balanced(string function, List<(Expr Term, int At)> terms, int from, int to)
    {
        if (to - from == 1)
            return terms[from].Term;

        var middle = (from + to) / 2;
        var left = Balanced(function, terms, from, middle);
        var right = Balanced(function, terms, middle, to);
        return Node(new Expr.Call(function, null, [left, right], terms[middle].At));
    }

    private Expr Unary()
    {
        if (!_token.Is("!") && !_token.Is("-"))
            return Suffixes(Primary());

        var sign = Take();
        if (string.Equals(sign.Text, "-", StringComparison.Ordinal) && NegatedNumber(sign.Start) is { } number)
            return Suffixes(number);
        if (_depth == CelLimits.DepthMax)
            return TooDeep(sign.Start);

        _depth++;
        var operand = Unary();
        _depth--;
        var function = string.Equals(sign.Text, "-", StringComparison.Ordinal) ? Operators.Negate : Operators.Not;
        return Node(new Expr.Call(function, null, [operand], sign.Start));
    }

    private Expr.Literal? NegatedNumber(int at)
    {
        if (_token.Kind == TokenKind.Integer && _token.Value.AsUint <= 1UL << 63)
            return Node(new Expr.Literal(CelValue.Of((long)(0 - Take().Value.AsUint)), at));
        return _token.Kind == TokenKind.Literal && _token.Value.Kind == CelKind.Double
            ? Node(new Expr.Literal(CelValue.Of(-Take().Value.AsDouble), at))
            : null;
    }

    private Expr Suffixes(Expr operand)
    {
        while (_problem is null)
        {
            if (_token.Is("."))
            {
                Take();
                operand = AfterDot(operand);
            }
            else if (_token.Is("["))
            {
                var at = Take().Start;
                var isOptional = TakeIf("?");
                var index = Expression();
                Expect("]");
                operand = Node(new Expr.Call(isOptional ? Operators.OptionalIndex : Operators.Index, null, [operand, index], at));
            }
            else
            {
                break;
            }
        }

        return operand;
    }

    private Expr AfterDot(Expr operand)
    {
        var isOptional = TakeIf("?");
        if (_token.Kind is not (TokenKind.Identifier or TokenKind.QuotedField))
            return Unexpected("a field or function name");

        var name = Take();
        if (isOptional)
            return Node(new Expr.Call(Operators.OptionalMember, null, [operand, new Expr.Literal(CelValue.Of(name.Text), name.Start)], name.Start));
        if (name.Kind == TokenKind.QuotedField || !_token.Is("("))
            return Node(new Expr.Member(operand, name.Text, name.Start));

        Take();
        return Called(name, operand, Arguments(")"));
    }

    private Expr Primary()
    {
        if (_token.Is("."))
        {
            var dot = Take();
            return _token.Kind == TokenKind.Identifier ? NameOrCall(Take(), ".", dot.Start) : Unexpected("a name");
        }

        if (_token.Is("("))
        {
            Take();
            var inner = Expression();
            Expect(")");
            return inner;
        }

        if (_token.Is("["))
            return ListLiteral();
        if (_token.Is("{"))
            return MapLiteral();

        switch (_token.Kind)
        {
            case TokenKind.Literal:
                var literal = Take();
                return Node(new Expr.Literal(literal.Value, literal.Start));
            case TokenKind.Integer when _token.Value.AsUint <= long.MaxValue:
                var integer = Take();
                return Node(new Expr.Literal(CelValue.Of((long)integer.Value.AsUint), integer.Start));
            case TokenKind.Integer:
                return Fail(_token.Start, $"`{_token.Text}` does not fit an int of 64 bits.", $"Write `{_token.Text}u` for an unsigned number.");
            case TokenKind.Identifier:
                return NameOrCall(_token, "", Take().Start);
            default:
                return Unexpected("a value");
        }
    }

    private Expr NameOrCall(Token name, string dot, int at)
    {
        var text = dot + name.Text;
        if (Reserved.Contains(name.Text))
            return Fail(name.Start, $"`{name.Text}` is a reserved word and cannot be a name.");
        if (!_token.Is("("))
            return _token.Is("{") ? Unexpected("an operator (messages cannot be built)") : Node(new Expr.Name(text, at));

        Take();
        return Called(name with { Text = text }, null, Arguments(")"));
    }

    private Expr Called(Token name, Expr? receiver, ImmutableArray<Expr> arguments)
    {
        if (_problem is not null)
            return Nothing(name.Start);

        var expanded = CelMacros.TryExpand(name.Text, receiver, arguments, name.Start, out var problem);
        if (problem is not null)
            return Fail(problem.Offset, problem.Message, problem.Remedy);
        return Node(expanded ?? new Expr.Call(name.Text, receiver, arguments, name.Start));
    }

    private Expr.ListOf ListLiteral()
    {
        var at = Take().Start;
        var items = ImmutableArray.CreateBuilder<Expr>();
        var optionals = ImmutableArray.CreateBuilder<int>();
        while (_problem is null && !_token.Is("]"))
        {
            if (TakeIf("?"))
                optionals.Add(items.Count);
            items.Add(Expression());
            if (!TakeIf(","))
                break;
        }

        Expect("]");
        return Node(new Expr.ListOf(items.ToImmutable(), optionals.ToImmutable(), at));
    }

    private Expr.MapOf MapLiteral()
    {
        var at = Take().Start;
        var entries = ImmutableArray.CreateBuilder<MapEntry>();
        while (_problem is null && !_token.Is("}"))
        {
            var isOptional = TakeIf("?");
            var key = Expression();
            Expect(":");
            entries.Add(new MapEntry(key, Expression(), isOptional));
            if (!TakeIf(","))
                break;
        }

        Expect("}");
        return Node(new Expr.MapOf(entries.ToImmutable(), at));
    }

    private ImmutableArray<Expr> Arguments(string close)
    {
        var arguments = ImmutableArray.CreateBuilder<Expr>();
        while (_problem is null && !_token.Is(close))
        {
            arguments.Add(Expression());
            if (!TakeIf(","))
                break;
        }

        Expect(close);
        return arguments.ToImmutable();
    }

    private Token Take()
    {
        var taken = _token;
        _token = _lexer.Next();
        return taken;
    }

    private bool TakeIf(string sign)
    {
        var isThere = _problem is null && _token.Is(sign);
        if (isThere)
            Take();
        return isThere;
    }

    private void Expect(string sign)
    {
        if (_problem is null && !TakeIf(sign))
            Unexpected($"`{sign}`");
    }

    private T Node<T>(T node)
        where T : Expr
    {
        if (++_nodes > CelLimits.NodesMax)
            Fail(node.Offset, $"The expression has more than {CelLimits.NodesMax} parts.", "Split it into several rules.");
        return node;
    }

    private Expr.Literal Unexpected(string expected) => _token.Kind switch
    {
        TokenKind.Bad => Fail(_token.Start, _token.Message),
        TokenKind.End => Fail(_token.Start, $"The expression ends where {expected} should stand."),
        TokenKind.Identifier or TokenKind.Sign or TokenKind.Integer => Fail(_token.Start, $"`{_token.Text}` stands where {expected} should."),
        _ => Fail(_token.Start, $"A value stands where {expected} should."),
    };

    // Returns at once, so that no text makes the parser itself recurse deeper.
    private Expr.Literal TooDeep(int offset) =>
        Fail(offset, $"The expression is nested deeper than {CelLimits.DepthMax} levels.", "Split it into several rules.");

    private Expr.Literal Fail(int offset, string message, string? remedy = null)
    {
        _problem ??= new CelProblem(offset, message, remedy);
        return Nothing(offset);
    }

    // What is parsed after a problem is thrown away; it only has to end.
    private static Expr.Literal Nothing(int offset) => new(CelValue.Null, offset);
}
