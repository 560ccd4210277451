using System.Diagnostics;
using System.Text;
using Harness.Mcp.Proxy.Wire;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>What the one parse refuses wherever it stands, and how soon.</summary>
public sealed class StrictJsonTests
{
    private const int KeysMax = 10_000;

    /// <summary>Code that is built for debugging is several times slower.</summary>
    private static readonly TimeSpan SoonMost = TimeSpan.FromMilliseconds(IsOptimised ? 5 : 25);

#if DEBUG
    private const bool IsOptimised = false;
#else
    private const bool IsOptimised = true;
#endif

    [Fact]
    public void KeyThatComesTwice_IsRefused_AtEveryDepth()
    {
        for (var depth = 1; depth < StrictJson.DepthMax; depth++)
        {
            foreach (var twice in (string[])["\"a\":1,\"a\":1", "\"a\":1,\"\\u0061\":2", "\"a\":1,\"b\":{},\"a\":null"])
            {
                Assert.Null(Parse(Nested(depth, twice), out var fault));
                Assert.Contains("duplicate keys", fault, StringComparison.Ordinal);
            }

            Assert.NotNull(Parse(Nested(depth, "\"a\":1,\"A\":1"), out _));
        }
    }

    [Fact]
    public void KeyThatComesTwice_IsRefused_WhereverItStandsInACall()
    {
        const string Call = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"n","arguments":{"x":{"y":[{"z":1}]}},"_meta":{"progressToken":1}}}""";
        foreach (var key in (string[])["jsonrpc", "id", "method", "params", "name", "arguments", "x", "y", "z", "_meta", "progressToken"])
        {
            Assert.Null(Parse(Call.Replace($"\"{key}\":", $"\"{key}\":0,\"{key}\":", StringComparison.Ordinal), out _));
        }

        Assert.NotNull(Parse(Call, out _));
    }

    [Theory]
    [InlineData("depth")]
    [InlineData("keys")]
    [InlineData("number")]
    [InlineData("string")]
    public void Bomb_IsRefused_Soon(string kind)
    {
        var bytes = Encoding.UTF8.GetBytes(kind switch
        {
            "depth" => new string('[', 65) + new string(']', 65),
            "keys" => $"{{{string.Join(',', Enumerable.Range(0, 400_000).Select(number => $"\"{number}\":0"))}}}",
            "number" => $"{{\"n\":{new string('9', 1_000_000)}}}",
            _ => $"{{\"s\":\"{string.Concat(Enumerable.Repeat("\\u0041", 50_000))}\\ud800\"}}",
        });

        // The best of a few, since a busy machine may take any of them away for a while.
        var best = TimeSpan.MaxValue;
        var isRefused = true;
        for (var run = 0; run < 20; run++)
        {
            var began = Stopwatch.GetTimestamp();
            var value = StrictJson.Parse(bytes, KeysMax, out _, out var oddNumber);
            var took = Stopwatch.GetElapsedTime(began);
            best = took < best ? took : best;
            isRefused &= value is null || oddNumber is not null;
        }

        Assert.True(isRefused);
        Assert.True(best < SoonMost, $"It took {best.TotalMilliseconds:0.0} ms at best.");
    }

    private static System.Text.Json.JsonElement? Parse(string text, out string? fault) => StrictJson.Parse(Encoding.UTF8.GetBytes(text), KeysMax, out fault, out _);

    /// <summary>An object of these members, as deep as that counts, inside objects and arrays in turn.</summary>
    private static string Nested(int depth, string members)
    {
        var text = $"{{{members}}}";
        for (var level = 1; level < depth; level++)
            text = level % 2 == 0 ? $"{{\"n\":{text}}}" : $"[{text}]";
        return text;
    }
}
