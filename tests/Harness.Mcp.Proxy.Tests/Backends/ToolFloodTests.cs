using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

/// <summary>A backend with very many tools: taken whole where its owner wants that, refused whole where not, and in one order always.</summary>
public sealed class ToolFloodTests
{
    private const int Tools = 10_000;

    private static readonly string[] Names = [.. Enumerable.Range(0, Tools).Select(number => $"tool-{number:D5}")];

    [Fact]
    public async Task TenThousandTools_AreTaken_InOneOrder_WhateverOrderTheyComeIn()
    {
        var first = await ListedAsync([.. Names.Reverse()]);
        var second = await ListedAsync(Shuffled());

        Assert.True(first.Length >= Tools);
        Assert.Equal(first, second);
        Assert.Equal(first.Order(StringComparer.Ordinal), first);
    }

    [Fact]
    public async Task MoreToolsThanTheOwnerTakes_AreRefusedWhole_AndCursorsThatLoopEnd()
    {
        await using var fleet = new FleetUnderTest();
        await fleet.DescribeAsync("many", new Script { ExtraTools = Names, PageSize = 500 });
        await fleet.DescribeAsync("looping", new Script { PageSize = 3, CursorsLoop = true });
        await fleet.DescribeAsync("mail", new Script());

        await fleet.StartAsync();

        Assert.All(fleet.Fleet.Current.Tools, tool => Assert.Equal("mail", tool.Facts.Id.Backend.Value));
        Assert.Contains("more than 1000 tools", fleet.Fleet.Statuses.Single(status => status.Backend == "many").LastError, StringComparison.Ordinal);
        Assert.Contains("never ends", fleet.Fleet.Statuses.Single(status => status.Backend == "looping").LastError, StringComparison.Ordinal);
        Assert.IsType<BackendReply.Result>(await fleet.CallAsync("mail", "echo"));
    }

    private static async Task<string[]> ListedAsync(string[] names)
    {
        await using var fleet = new FleetUnderTest();
        await fleet.DescribeAsync("many", new Script { ExtraTools = names, PageSize = 1_000 }, "\"limits\": { \"tools\": 20000 }");
        await fleet.StartAsync();
        return [.. fleet.Fleet.Current.Tools.Select(tool => $"{tool.ExposedName} {tool.Facts.Definition}")];
    }

    private static string[] Shuffled()
    {
        var names = Names.ToArray();
        new Random(20261127).Shuffle(names);
        return names;
    }
}
