using System.Text;
using CsCheck;
using Harness.Mcp.Core.Provenance;
using Xunit;

namespace Harness.Mcp.Core.Tests.Provenance;

public class DecodingTests
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Readable text mostly; else bytes of any kind.</summary>
    private static readonly Gen<byte[]> Bytes = Gen.Frequency(
        (3, Gen.String[Gen.Char[' ', '~'], 6, 40].Select(Encoding.UTF8.GetBytes)),
        (1, Gen.String[Gen.Char['\u00c0', '\u07ff'], 4, 20].Select(Encoding.UTF8.GetBytes)),
        (1, Gen.Byte[0x20, 0xFF].Array[6, 24]),
        (1, Gen.Byte.Array[6, 24]));

    [Fact]
    public void EncodedText_IsReadWhereItIsText_AndElseNot() => Bytes.Sample(bytes =>
    {
        var base64 = Convert.ToBase64String(bytes);
        foreach (var encoded in (string[])[base64, base64.TrimEnd('='), base64.Replace('+', '-').Replace('/', '_'), Convert.ToHexString(bytes), "0x" + Convert.ToHexStringLower(bytes)])
            Assert.Equal(Text(bytes) is not null && MayBeEncoded(encoded), Decoding.AllOf(encoded).Contains(Text(bytes)));
    }, iter: 5_000);

    [Theory]
    [InlineData("ZXZlQGV2aWwuZXhhbXBsZQ==", "eve@evil.example")]
    [InlineData("ZXZlQGV2aWwuZXhhbXBsZR", "eve@evil.example")]
    [InlineData("ZXZlQGV2aWwuZXhhbXBsZQ=a", null)]
    [InlineData("ZXZlQGV2a=wuZXhhbXBsZQ", null)]
    [InlineData("ZXZlQGV2aWwuZXhhbXBsZ*", null)]
    [InlineData("657665406576696c2e6578616d706c6", null)]
    [InlineData("AQIDBAUGBwgJ", null)]
    [InlineData("eve%40evil.example", "eve@evil.example")]
    [InlineData("internationalization", null)]
    [InlineData("2026-11-24", null)]
    public void Stretch_SaysWhatItEncodes(string text, string? said) => Assert.Equal(said is null ? [] : [said], Decoding.AllOf(text));

    [Fact]
    public void EncodedTwice_IsReadTwice()
    {
        var twice = Convert.ToBase64String(Encoding.UTF8.GetBytes(Convert.ToBase64String("eve@evil.example"u8)));

        Assert.Equal(["ZXZlQGV2aWwuZXhhbXBsZQ==", "eve@evil.example"], Decoding.AllOf(twice));
    }

    private static string? Text(byte[] bytes)
    {
        if (Array.Exists(bytes, one => one < 0x20 && one is not (0x09 or 0x0A or 0x0D) || one == 0x7F))
            return null;
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>Letters of one case alone are a word; digits with hyphens are a number in groups.</summary>
    private static bool MayBeEncoded(string text)
    {
        var (digit, lower, upperInside) = (text.Any(char.IsAsciiDigit), text.Any(char.IsAsciiLetterLower), text.Skip(1).Any(char.IsAsciiLetterUpper));
        return digit ? lower || upperInside || !text.Contains('-', StringComparison.Ordinal) : lower && upperInside;
    }
}
