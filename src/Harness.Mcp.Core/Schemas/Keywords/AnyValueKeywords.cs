using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Schemas.Keywords;

/// <summary>The schema `false`: accepts nothing.</summary>
internal sealed class NeverKeyword : Keyword
{
    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        run.Report("false", "is not allowed");
        return false;
    }
}

/// <summary>JSON's types as a set.</summary>
[Flags]
internal enum ValueTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Object = 4,
    Array = 8,
    Number = 16,
    String = 32,
    Integer = 64,
}

internal sealed class TypeKeyword(ValueTypes types) : Keyword
{
    private static readonly (ValueTypes Type, string Name)[] Names =
    [
        (ValueTypes.String, "a string"), (ValueTypes.Integer, "an integer"), (ValueTypes.Number, "a number"), (ValueTypes.Boolean, "true or false"),
        (ValueTypes.Object, "an object"), (ValueTypes.Array, "an array"), (ValueTypes.Null, "null"),
    ];

    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        var isOfType = value.ValueKind switch
        {
            JsonValueKind.Object => Has(ValueTypes.Object),
            JsonValueKind.Array => Has(ValueTypes.Array),
            JsonValueKind.String => Has(ValueTypes.String),
            JsonValueKind.Number => Has(ValueTypes.Number) || (Has(ValueTypes.Integer) && IsInteger(value)),
            JsonValueKind.True or JsonValueKind.False => Has(ValueTypes.Boolean),
            _ => Has(ValueTypes.Null),
        };
        if (!isOfType && run.IsCollecting)
            run.Report("type", $"must be {string.Join(" or ", Names.Where(one => Has(one.Type)).Select(one => one.Name))}");
        return isOfType;
    }

    private bool Has(ValueTypes one) => (types & one) != ValueTypes.None;

    private static bool IsInteger(JsonElement value)
    {
        var text = JsonMarshal.GetRawUtf8Value(value);
        return text.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0 || new ExactNumber(text).IsInteger;
    }
}

/// <summary>`enum` and `const`: one of a few values, compared as JSON values.</summary>
internal sealed class EnumKeyword : Keyword
{
    private const int ListedMax = 10;
    private const int ListedLengthMax = 40;

    private readonly HashSet<byte[]> _strings = new(NameComparer.Instance);
    private readonly HashSet<byte[]> _others = new(NameComparer.Instance);
    private readonly string _keyword;
    private readonly string _allowed;

    public EnumKeyword(string keyword, ImmutableArray<JsonElement> values)
    {
        _keyword = keyword;
        foreach (var value in values)
        {
            if (value.ValueKind == JsonValueKind.String)
                _strings.Add(SchemaText.Of(value).ToArray());
            else
                _others.Add(Canonical(value));
        }

        var listed = values.Take(ListedMax).Select(value => Encoding.UTF8.GetString(Canonical(value))).ToList();
        _allowed = values.Length > ListedMax || listed.Any(one => one.Length > ListedLengthMax)
            ? "must be one of the allowed values"
            : $"must be {(listed.Count > 1 ? "one of " : "")}{string.Join(", ", listed.Select(one => $"`{one}`"))}";
    }

    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        bool isAllowed;
        if (value.ValueKind == JsonValueKind.String)
        {
            isAllowed = run.Charge(JsonMarshal.GetRawUtf8Value(value).Length / 64) && _strings.GetAlternateLookup<ReadOnlySpan<byte>>().Contains(SchemaText.Of(value));
        }
        else
        {
            isAllowed = _others.Count > 0 && run.Charge(JsonMarshal.GetRawUtf8Value(value).Length / 8) && _others.Contains(Canonical(value));
        }

        if (!isAllowed)
            run.Report(_keyword, _allowed);
        return isAllowed;
    }

    internal static byte[] Canonical(JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>(64);
        CanonicalJson.Write(value, output);
        return output.WrittenSpan.ToArray();
    }
}
