using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsCheck;
using Harness.Mcp.Core.Json;
using Xunit;

namespace Harness.Mcp.Core.Tests.Json;

public class CanonicalJsonTests
{
    private static readonly JsonSerializerOptions Spaced = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("-0.0e7", "0")]
    [InlineData("0e99999999999999999999", "0")]
    [InlineData("1.0", "1")]
    [InlineData("1e0", "1")]
    [InlineData("10e-1", "1")]
    [InlineData("0.1e1", "1")]
    [InlineData("0.00001e+5", "1")]
    [InlineData("100", "100")]
    [InlineData("1E2", "100")]
    [InlineData("-12.50", "-12.5")]
    [InlineData("1.10", "1.1")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("0.0000001", "1e-7")]
    [InlineData("12e-8", "1.2e-7")]
    [InlineData("123456789012345678901", "123456789012345678901")]
    [InlineData("100000000000000000000", "100000000000000000000")]
    [InlineData("1000000000000000000000", "1e+21")]
    [InlineData("1234567890123456789012", "1.234567890123456789012e+21")]
    [InlineData("1E400", "1e+400")]
    [InlineData("-2.5e-400", "-2.5e-400")]
    [InlineData("1e99999999999999999999", "1e+99999999999999999999")]
    [InlineData("10e99999999999999999998", "1e+99999999999999999999")]
    [InlineData("9007199254740993", "9007199254740993")]
    public void Write_SpellsANumberInOneWay(string written, string canonical)
    {
        Assert.Equal(canonical, Canonical(written));
    }

    [Fact]
    public void Write_NeverMergesNumbers_ThatDifferInALateDigit()
    {
        Assert.NotEqual(Canonical("12345678901234567890.1"), Canonical("12345678901234567890.2"));
    }

    [Theory]
    [InlineData("""{"b":1,"a":2}""", """{"a":2,"b":1}""")]
    [InlineData("""{ "a" : [ 1 , {"d":null,"c":true} ] , "B" : false }""", """{"B":false,"a":[1,{"c":true,"d":null}]}""")]
    [InlineData("""{"\u0062":1,"a":2}""", """{"a":2,"b":1}""")]
    [InlineData("""{"":1,"a":{},"aa":[]}""", """{"":1,"a":{},"aa":[]}""")]
    [InlineData("""{"a":1,"a":0}""", """{"a":1,"a":0}""")]
    [InlineData("\"\\u0041\\/\\u00e9\\ud83d\\ude00\"", "\"A/é\U0001F600\"")]
    [InlineData("\"\\u0000\\u001F\\b\\t\\n\\f\\r\\u000b\\\"\\\\ \\u007f\"", "\"\\u0000\\u001f\\b\\t\\n\\f\\r\\u000b\\\"\\\\ \u007f\"")]
    [InlineData("\"\\uD83Dx\\uDE00\"", "\"\\ud83dx\\ude00\"")]
    public void Write_SortsKeys_AndEscapesAsLittleAsCan(string written, string canonical)
    {
        Assert.Equal(canonical, Canonical(written));
    }

    [Fact]
    public void Write_SortsByUtf16_AsRfc8785Shows()
    {
        const string written = """{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}""";

        Assert.Equal("{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"\U0001F600\":5,\"\uFB33\":3}", Canonical(written));
    }

    [Fact]
    public void Write_SpellsDoubles_AsEcmaScriptDoes()
    {
        Gen.Double.Where(double.IsFinite).Sample(value =>
        {
            var roundTrip = value.ToString("R", CultureInfo.InvariantCulture);
            var canonical = Canonical(roundTrip);
            return double.Parse(canonical, CultureInfo.InvariantCulture) == value
                && canonical == Canonical(canonical)
                && (value is 0 or < 1e-6 or > 1e21 || !canonical.Contains('e', StringComparison.Ordinal));
        });
    }

    [Fact]
    public void Write_GivesOneSpelling_ExactlyWhenTheValuesAreEqual()
    {
        var number = Gen.Select(Gen.Long[-2000, 2000], Gen.Int[-6, 6], Gen.Int[0, 3]);
        Gen.Select(number, number).Sample((left, right) =>
            Value(left) == Value(right) == (Canonical(Spelled(left)) == Canonical(Spelled(right)))
            && Math.Sign(Value(left).CompareTo(Value(right))) == Math.Sign(Compare(Spelled(left), Spelled(right))));

        static BigInteger Value((long Mantissa, int Exponent, int Zeros) one) => one.Mantissa * BigInteger.Pow(10, one.Exponent + 6);

        static string Spelled((long Mantissa, int Exponent, int Zeros) one) =>
            one.Zeros == 0 ? $"{one.Mantissa}e{one.Exponent}" : $"{one.Mantissa}.{new string('0', one.Zeros)}E{one.Exponent:+0;-0}";

        static int Compare(string left, string right) =>
            ExactNumber.Compare(new ExactNumber(Encoding.ASCII.GetBytes(left)), new ExactNumber(Encoding.ASCII.GetBytes(right)));
    }

    [Fact]
    public void Write_KeepsTheOrderOfStrings_ByUtf16()
    {
        var names = Gen.Char["az\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff"].Array[0, 4].Select(text => new string(text));
        var rich = Gen.Select(names, Gen.Bool, names, (before, isWide, after) => before + (isWide ? "\U00010000" : "") + after);
        Gen.Select(rich, rich).Sample((left, right) =>
            Math.Sign(string.CompareOrdinal(left, right)) == Math.Sign(JsonText.CompareUtf16(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right))));
    }

    [Fact]
    public void Write_IsTheSame_WhateverTheOrderSpaceAndEscapes()
    {
        var keys = Gen.String[Gen.Char["ab\"\\\u0001é\ud83d"], 0, 3].Where(key => !key.Contains('\ud83d', StringComparison.Ordinal));
        Gen.Dictionary(keys, Gen.Int)[0, 6].Sample(map =>
        {
            var plain = JsonSerializer.Serialize(map);
            var other = JsonSerializer.Serialize(map.Reverse().ToDictionary(), Spaced);
            return Canonical(plain) == Canonical(other) && Canonical(Canonical(plain)) == Canonical(plain);
        });
    }

    [Theory]
    [InlineData("10", "5", true)]
    [InlineData("10", "3", false)]
    [InlineData("0", "7", true)]
    [InlineData("0.3", "0.1", true)]
    [InlineData("0.35", "0.1", false)]
    [InlineData("1e400", "0.5", true)]
    [InlineData("1e400", "3", false)]
    [InlineData("3e99999999999", "3", true)]
    [InlineData("1e-400", "1", false)]
    [InlineData("12391239123", "1e-8", true)]
    [InlineData("-7.5", "2.5", true)]
    [InlineData("150", "0.75e2", true)]
    public void IsMultipleOf_IsExact(string value, string divisor, bool isMultiple)
    {
        Assert.Equal(isMultiple, new ExactNumber(Encoding.ASCII.GetBytes(value)).IsMultipleOf(new ExactNumber(Encoding.ASCII.GetBytes(divisor))));
    }

    private static string Canonical(string json)
    {
        using var document = JsonDocument.Parse(json);
        var output = new ArrayBufferWriter<byte>();
        CanonicalJson.Write(document.RootElement, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
