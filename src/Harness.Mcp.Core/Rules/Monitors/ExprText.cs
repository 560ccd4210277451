using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// Writes an expression as source again: for problems, for rewrites and for `harness rules explain`. Two parts with the same
/// text mean the same, so the text also tells whether two parts can share one index.
/// </summary>
internal static class ExprText
{
    private const int Loosest = 0;
    private const int Tightest = 8;

    private static readonly Dictionary<string, (string Sign, int Level)> Binary = new(StringComparer.Ordinal)
    {
        [Operators.Or] = ("||", 2),
        [Operators.And] = ("&&", 3),
        [Operators.Equal] = ("==", 4),
        [Operators.NotEqual] = ("!=", 4),
        [Operators.Less] = ("<", 4),
        [Operators.LessOrEqual] = ("<=", 4),
        [Operators.Greater] = (">", 4),
        [Operators.GreaterOrEqual] = (">=", 4),
        [Operators.In] = ("in", 4),
        [Operators.Add] = ("+", 5),
        [Operators.Subtract] = ("-", 5),
        [Operators.Multiply] = ("*", 6),
        [Operators.Divide] = ("/", 6),
        [Operators.Modulo] = ("%", 6),
    };

    public static string Of(Expr expr)
    {
        var text = new StringBuilder();
        Write(text, expr, Loosest);
        return text.ToString();
    }

    /// <summary>The text for a message, cut where it is long.</summary>
    public static string Brief(Expr expr)
    {
        var text = Of(expr);
        return text.Length <= 120 ? text : text[..119] + "…";
    }

    /// <summary>How a binary operator is written.</summary>
    public static string SignOf(string function) => Binary[function].Sign;

    private static void Write(StringBuilder text, Expr expr, int level)
    {
        switch (expr)
        {
            case Expr.Literal literal:
                text.Append(OfLiteral(literal.Value));
                break;
            case Expr.Name name:
                text.Append(name.Identifier);
                break;
            case Expr.Member member:
                Write(text, member.Operand, Tightest);
                text.Append('.').Append(OfField(member.Field));
                break;
            case Expr.Has has:
                text.Append("has(");
                Write(text, has.Operand, Tightest);
                text.Append('.').Append(OfField(has.Field)).Append(')');
                break;
            case Expr.Call call:
                WriteCall(text, call, level);
                break;
            case Expr.ListOf list:
                text.Append('[');
                for (var index = 0; index < list.Items.Length; index++)
                {
                    text.Append(index == 0 ? "" : ", ").Append(list.Optionals.Contains(index) ? "?" : "");
                    Write(text, list.Items[index], Loosest);
                }

                text.Append(']');
                break;
            case Expr.MapOf map:
                WriteMap(text, map);
                break;
            case Expr.Macro macro:
                WriteMacro(text, macro);
                break;
            case Expr.Bind bind:
                text.Append("cel.bind(").Append(bind.Variable).Append(", ");
                Write(text, bind.Value, Loosest);
                text.Append(", ");
                Write(text, bind.Body, Loosest);
                text.Append(')');
                break;
            case Expr.Slot slot:
                text.Append(CultureInfo.InvariantCulture, $"(question {slot.Index + 1} to the chain)");
                break;
        }
    }

    private static void WriteCall(StringBuilder text, Expr.Call call, int level)
    {
        if (call.Arguments.Length == 2 && Binary.TryGetValue(call.Function, out var sign))
        {
            Open(text, level > sign.Level);
            Write(text, call.Arguments[0], sign.Level);
            text.Append(' ').Append(sign.Sign).Append(' ');
            Write(text, call.Arguments[1], sign.Level + 1);
            Close(text, level > sign.Level);
            return;
        }

        switch (call.Function)
        {
            case Operators.Not or Operators.Negate:
                Open(text, level > 7);
                text.Append(call.Function is Operators.Not ? '!' : '-');
                Write(text, call.Arguments[0], Tightest);
                Close(text, level > 7);
                break;
            case Operators.Conditional:
                Open(text, level > 1);
                Write(text, call.Arguments[0], 2);
                text.Append(" ? ");
                Write(text, call.Arguments[1], 2);
                text.Append(" : ");
                Write(text, call.Arguments[2], 1);
                Close(text, level > 1);
                break;
            case Operators.Index or Operators.OptionalIndex:
                Write(text, call.Arguments[0], Tightest);
                text.Append(call.Function is Operators.Index ? "[" : "[?");
                Write(text, call.Arguments[1], Loosest);
                text.Append(']');
                break;
            case Operators.OptionalMember when call.Arguments[1] is Expr.Literal { Value.Kind: CelKind.String } field:
                Write(text, call.Arguments[0], Tightest);
                text.Append(".?").Append(OfField(field.Value.AsString));
                break;
            default:
                if (call.Receiver is { } receiver)
                {
                    Write(text, receiver, Tightest);
                    text.Append('.');
                }

                text.Append(call.Function).Append('(');
                WriteAll(text, call.Arguments);
                text.Append(')');
                break;
        }
    }

    private static void WriteMap(StringBuilder text, Expr.MapOf map)
    {
        text.Append('{');
        for (var index = 0; index < map.Entries.Length; index++)
        {
            var entry = map.Entries[index];
            text.Append(index == 0 ? "" : ", ").Append(entry.IsOptional ? "?" : "");
            Write(text, entry.Key, Loosest);
            text.Append(": ");
            Write(text, entry.Value, Loosest);
        }

        text.Append('}');
    }

    private static void WriteMacro(StringBuilder text, Expr.Macro macro)
    {
        Write(text, macro.Range, Tightest);
        var name = (macro.Kind, macro.SecondVariable) switch
        {
            (MacroKind.All, _) => "all",
            (MacroKind.Exists, _) => "exists",
            (MacroKind.ExistsOne, _) => "exists_one",
            (MacroKind.Map, null) => "map",
            (MacroKind.Map, _) => "transformList",
            (MacroKind.Filter, _) => "filter",
            (MacroKind.TransformMap, _) => "transformMap",
            (MacroKind.TransformMapEntry, _) => "transformMapEntry",
            (MacroKind.OptMap, _) => "optMap",
            _ => "optFlatMap",
        };
        text.Append('.').Append(name).Append('(').Append(macro.Variable).Append(", ");
        if (macro.SecondVariable is { } second)
            text.Append(second).Append(", ");
        if (macro.Where is { } where)
        {
            Write(text, where, Loosest);
            text.Append(", ");
        }

        Write(text, macro.Body, Loosest);
        text.Append(')');
    }

    private static void WriteAll(StringBuilder text, ImmutableArray<Expr> parts)
    {
        for (var index = 0; index < parts.Length; index++)
        {
            text.Append(index == 0 ? "" : ", ");
            Write(text, parts[index], Loosest);
        }
    }

    private static void Open(StringBuilder text, bool isNeeded) => text.Append(isNeeded ? "(" : "");

    private static void Close(StringBuilder text, bool isNeeded) => text.Append(isNeeded ? ")" : "");

    private static string OfField(string field)
    {
        var isPlain = field.Length > 0 && !char.IsAsciiDigit(field[0]) && field.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
        return isPlain ? field : $"`{field}`";
    }

    // JSON's escapes are a part of CEL's; values without a literal form (none come from the parser) are written for people.
    private static string OfLiteral(CelValue value) => value.Kind switch
    {
        CelKind.String => "\"" + JsonEncodedText.Encode(value.AsString, JavaScriptEncoder.UnsafeRelaxedJsonEscaping) + "\"",
        CelKind.Bytes => "b\"" + string.Concat(value.AsBytes.Select(one => $"\\x{one:x2}")) + "\"",
        CelKind.Double when Math.Floor(value.AsDouble) == value.AsDouble && Math.Abs(value.AsDouble) < 1e15 =>
            value.AsDouble.ToString("F1", CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}
