using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using static Harness.Mcp.Core.Expressions.CelType;
using static Harness.Mcp.Core.Expressions.Functions.Define;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>`bool int uint double string bytes timestamp duration dyn type`: from one kind of value to another.</summary>
internal static class Conversions
{
    private const double TwoTo63 = 9223372036854775808.0;
    private const double TwoTo64 = 18446744073709551616.0;

    public static ImmutableArray<CelFunction> All { get; } = [
        Global("dyn", [T], Dyn, arguments => arguments[0]),
        Global("type", [T], TypeOf(T), arguments => CelValue.OfType(NameOf(arguments[0]))),

        Global("bool", [CelType.Bool], CelType.Bool, arguments => arguments[0]),
        Global("bool", [CelType.String], CelType.Bool, arguments => ToBool(arguments[0].AsString)),

        Global("int", [Int], Int, arguments => arguments[0]),
        Global("int", [Uint], Int, arguments => arguments[0].AsUint <= long.MaxValue ? CelValue.Of((long)arguments[0].AsUint) : Range("int")),
        Global("int", [CelType.Double], Int, arguments => ToInt(arguments[0].AsDouble)),
        Global("int", [CelType.String], Int, arguments => ToInt(arguments[0].AsString)),
        Global("int", [Timestamp], Int, arguments => CelValue.Of(arguments[0].TimestampSeconds)),

        Global("uint", [Uint], Uint, arguments => arguments[0]),
        Global("uint", [Int], Uint, arguments => arguments[0].AsInt >= 0 ? CelValue.Of((ulong)arguments[0].AsInt) : Range("uint")),
        Global("uint", [CelType.Double], Uint, arguments => ToUint(arguments[0].AsDouble)),
        Global("uint", [CelType.String], Uint, arguments => ToUint(arguments[0].AsString)),

        Global("double", [CelType.Double], CelType.Double, arguments => arguments[0]),
        Global("double", [Int], CelType.Double, arguments => CelValue.Of((double)arguments[0].AsInt)),
        Global("double", [Uint], CelType.Double, arguments => CelValue.Of((double)arguments[0].AsUint)),
        Global("double", [CelType.String], CelType.Double, arguments => ToDouble(arguments[0].AsString)),

        Global("string", [CelType.String], CelType.String, arguments => arguments[0]),
        Global("string", [CelType.Bool], CelType.String, arguments => CelValue.Of(arguments[0].AsBool ? "true" : "false")),
        Global("string", [Int], CelType.String, arguments => CelValue.Of(arguments[0].AsInt.ToString(CultureInfo.InvariantCulture))),
        Global("string", [Uint], CelType.String, arguments => CelValue.Of(arguments[0].AsUint.ToString(CultureInfo.InvariantCulture))),
        Global("string", [CelType.Double], CelType.String, arguments => CelValue.Of(ToText(arguments[0].AsDouble))),
        Global("string", [Bytes], CelType.String, arguments => FromUtf8(arguments[0].AsBytes), isLinear: true),
        Global("string", [Timestamp], CelType.String, arguments => CelValue.Of(TimeText.Of(arguments[0]))),
        Global("string", [Duration], CelType.String, arguments => CelValue.Of(TimeText.OfDuration(arguments[0].DurationNanoseconds))),

        Global("bytes", [Bytes], Bytes, arguments => arguments[0]),
        Global("bytes", [CelType.String], Bytes, arguments => CelValue.Of(Encoding.UTF8.GetBytes(arguments[0].AsString)), isLinear: true),

        Global("timestamp", [Timestamp], Timestamp, arguments => arguments[0]),
        Global("timestamp", [Int], Timestamp, arguments => TimeMath.Timestamp(arguments[0].AsInt, 0)),
        Global("timestamp", [CelType.String], Timestamp, arguments => TimeText.ReadTimestamp(arguments[0].AsString)),

        Global("duration", [Duration], Duration, arguments => arguments[0]),
        Global("duration", [CelType.String], Duration, arguments => TimeText.ReadDuration(arguments[0].AsString)),
    ];

    /// <summary>The shortest text that reads back as the same number.</summary>
    public static string ToText(double value)
    {
        if (double.IsNaN(value))
            return "NaN";
        if (double.IsInfinity(value))
            return value > 0 ? "Infinity" : "-Infinity";

        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.Replace('E', 'e');
    }

    /// <summary>The name that `type` gives for a value.</summary>
    public static string NameOf(in CelValue value) => value.Kind switch
    {
        CelKind.Null => "null_type",
        CelKind.Bool => "bool",
        CelKind.Int => "int",
        CelKind.Uint => "uint",
        CelKind.Double => "double",
        CelKind.String => "string",
        CelKind.Bytes => "bytes",
        CelKind.List => "list",
        CelKind.Map => "map",
        CelKind.Timestamp => "google.protobuf.Timestamp",
        CelKind.Duration => "google.protobuf.Duration",
        CelKind.Type => "type",
        CelKind.Optional => "optional_type",
        CelKind.Opaque when value.AsOpaque is NetworkAddress => "net.IP",
        CelKind.Opaque when value.AsOpaque is NetworkRange => "net.CIDR",
        _ => "error",
    };

    private static CelValue ToBool(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => CelValue.True,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => CelValue.False,
        _ => Unreadable(text, "bool"),
    };

    // The bounds themselves are refused: as doubles they stand for integers beyond the range too.
    private static CelValue ToInt(double value) => value > -TwoTo63 && value < TwoTo63 ? CelValue.Of((long)value) : Range("int");

    private static CelValue ToUint(double value) => value > -1 && value < TwoTo64 ? CelValue.Of((ulong)value) : Range("uint");

    private static CelValue ToInt(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? CelValue.Of(number) : Unreadable(text, "int");

    private static CelValue ToUint(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? CelValue.Of(number) : Unreadable(text, "uint");

    private static CelValue ToDouble(string text)
    {
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, Styles, CultureInfo.InvariantCulture, out var number) ? CelValue.Of(number) : Unreadable(text, "double");
    }

    private static CelValue FromUtf8(byte[] bytes) =>
        System.Text.Unicode.Utf8.IsValid(bytes) ? CelValue.Of(Encoding.UTF8.GetString(bytes)) : CelValue.Error("invalid UTF-8 in bytes");

    private static CelValue Range(string type) => CelValue.Error($"range error: the number does not fit {type}");

    private static CelValue Unreadable(string text, string type) =>
        CelValue.Error(text.Length <= 40 ? $"'{text}' is not a {type}" : $"a text of {text.Length} characters is not a {type}");
}
