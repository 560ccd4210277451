using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Catalog;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

/// <summary>Definitions of tools that are made to cost: refused or run within a tenth of a second, and nothing is fetched.</summary>
public sealed class SchemaBombTests
{
    /// <summary>Code that is built for debugging is several times slower.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(IsOptimised ? 100 : 1_000);

#if DEBUG
    private const bool IsOptimised = false;
#else
    private const bool IsOptimised = true;
#endif

    [Fact]
    public void ManyAlternatives_AreRefused_BySize()
    {
        var bomb = Tool($$"""{"anyOf":[{{string.Join(',', Enumerable.Repeat("{\"type\":\"object\",\"required\":[\"a\"]}", 300_000))}}]}""");
        Assert.InRange(bomb.GetRawText().Length, 10_000_000, 12_000_000);

        var (tool, why, took) = Read(bomb);

        Assert.Null(tool);
        Assert.Contains("larger than 256 KiB", why, StringComparison.Ordinal);
        Assert.True(took < Soon, $"It took {took.TotalMilliseconds} ms.");
    }

    [Theory]
    [InlineData("alternatives")]
    [InlineData("alternatives at the bound")]
    [InlineData("references")]
    [InlineData("depth")]
    [InlineData("dynamic")]
    public void SmallBomb_CostsLittle_ToReadAndToRun(string kind)
    {
        var schema = kind switch
        {
            "alternatives" => $$"""{"anyOf":[{{string.Join(',', Enumerable.Repeat("{\"required\":[\"a\"]}", 10_000))}}]}""",
            "alternatives at the bound" => $$"""{"anyOf":[{{string.Join(',', Enumerable.Repeat("{\"required\":[\"a\"]}", 2_900))}}]}""",
            "references" => $$"""{"$defs":{"s0":{"required":["a"]},{{string.Join(',', Enumerable.Range(1, 60).Select(n => $$"""
                "s{{n}}":{"anyOf":[{"$ref":"#/$defs/s{{n - 1}}"},{"$ref":"#/$defs/s{{n - 1}}"}]}
                """))}} },"$ref":"#/$defs/s60"}""",
            "depth" => string.Concat(Enumerable.Repeat("{\"allOf\":[", 29)) + "{}" + string.Concat(Enumerable.Repeat("]}", 29)),
            _ => """{"$dynamicAnchor":"n","anyOf":[{"$dynamicRef":"#n"},{"$dynamicRef":"#n"}]}""",
        };

        var (tool, _, took) = Read(Tool(schema));
        Assert.True(took < Soon, $"Reading took {took.TotalMilliseconds} ms.");
        Harness.Mcp.TestKit.Faults.FaultRun.Report($"schema_{kind.Replace(' ', '_')}_read_ms", took.TotalMilliseconds);

        if (tool is null) return; // Refused, which costs nothing more.
        var value = JsonElement.Parse("""{"b":1}""");
        (var violations, took) = Best(() => tool.Input.Validate(value));

        Assert.True(kind == "depth" || !violations.IsEmpty);
        Assert.True(took < Soon, $"Running took {took.TotalMilliseconds} ms.");
        Harness.Mcp.TestKit.Faults.FaultRun.Report($"schema_{kind.Replace(' ', '_')}_run_ms", took.TotalMilliseconds);
    }

    [Theory]
    [InlineData("^(a+)+$")]
    [InlineData("^(a|aa)+$")]
    [InlineData("(.*a){12}$")]
    [InlineData("^(([a-z])+.)+[A-Z]([a-z])+$")]
    public void Pattern_ThatBacktracks_RunsInTime(string pattern)
    {
        var (tool, why, took) = Read(Tool($$"""{"type":"object","properties":{"x":{"type":"string","pattern":{{JsonSerializer.Serialize(pattern)}} } } }"""));
        Assert.True(took < Soon, $"Reading took {took.TotalMilliseconds} ms.");
        if (tool is null)
        {
            Assert.Contains("cannot be used", why, StringComparison.Ordinal);
            return;
        }

        var value = JsonSerializer.SerializeToElement(new { x = new string('a', 30_000) + "!" });
        (var violations, took) = Best(() => tool.Input.Validate(value));

        Assert.NotEmpty(violations);
        Assert.True(took < Soon, $"Running took {took.TotalMilliseconds} ms.");
    }

    [Theory]
    [InlineData("""{"$ref":"{canary}/s"}""")]
    [InlineData("""{"$id":"{canary}/here","$ref":"there"}""")]
    [InlineData("""{"properties":{"a":{"$dynamicRef":"{canary}/s#n"}}}""")]
    [InlineData("""{"$schema":"{canary}/mine","type":"object"}""")]
    [InlineData("""{"allOf":[{"$ref":"file:///etc/passwd"}]}""")]
    public void ReferenceElsewhere_IsRefused_AndNothingIsFetched(string schema)
    {
        using var canary = new TcpListener(IPAddress.Loopback, 0);
        canary.Start();

        var (tool, why, took) = Read(Tool(schema.Replace("{canary}", $"http://{canary.LocalEndpoint}", StringComparison.Ordinal)));

        Assert.Null(tool);
        Assert.Contains("cannot be used", why, StringComparison.Ordinal);
        Assert.False(canary.Pending());
        Assert.True(took < Soon, $"It took {took.TotalMilliseconds} ms.");
    }

    [Fact]
    public void HintsOfTheServer_MakeNoToolARead()
    {
        var hinted = Tool("""{"type":"object"}""", ""","annotations":{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true}""");
        var config = Opened.Config("notes", Opened.Stdio(new Harness.Mcp.TestKit.Backends.Script()));

        var facts = config.FactsOf("t", Read(hinted).Tool!.Digest);

        Assert.False(facts.IsRead);
        Assert.Equal(ToolFacts.Widest(facts.Id, facts.Domain, facts.Definition).Effect, facts.Effect);
    }

    private static JsonElement Tool(string schema, string more = "") => JsonElement.Parse($$"""{"name":"t","inputSchema":{{schema}}{{more}} }""");

    private static (ToolDefinition? Tool, string Why, TimeSpan Took) Read(JsonElement json)
    {
        var why = "";
        var (tool, took) = Best(() => ToolDefinition.Read(json, "b", (_, reason) => why = reason));
        return (tool, why, took);
    }

    /// <summary>The best of a few runs, since a busy machine may take any of them away for a while.</summary>
    private static (T Value, TimeSpan Took) Best<T>(Func<T> run)
    {
        var value = run();
        var best = TimeSpan.MaxValue;
        for (var times = 0; times < 5; times++)
        {
            var began = Stopwatch.GetTimestamp();
            value = run();
            var took = Stopwatch.GetElapsedTime(began);
            best = took < best ? took : best;
        }

        return (value, best);
    }
}
