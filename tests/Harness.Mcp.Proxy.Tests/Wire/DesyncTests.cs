using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Harness.Mcp.TestKit.Faults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>
/// Requests whose end two HTTP readers see in different places, so that one could hide a second request in the first one's body. They are
/// refused, their connection is closed, and what is hidden reaches nobody.
/// </summary>
public sealed class DesyncTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private WireHost _host = null!;

    private static readonly string Body = Call("siem_get_alert");

    /// <summary>A whole request, which must never be taken for one.</summary>
    private static readonly string Hidden = Request(Call("smuggled"), $"Content-Length: {Call("smuggled").Length}");

    public async ValueTask InitializeAsync() => _host = await WireHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    /// <summary>Headers that say where the body ends, and the body with what is hidden behind it; `{body}` and `{hidden}` stand for those.</summary>
    public static TheoryData<string, string, string> Corpus => new()
    {
        { "both lengths", "Content-Length: {all}\r\nTransfer-Encoding: chunked", "{chunk}0\r\n\r\n{hidden}" },
        { "both lengths, other order", "Transfer-Encoding: chunked\r\nContent-Length: {all}", "{chunk}0\r\n\r\n{hidden}" },
        { "both lengths, alike", "Content-Length: {length}\r\nTransfer-Encoding: identity", "{body}{hidden}" },
        { "two lengths", "Content-Length: {length}\r\nContent-Length: {all}", "{body}{hidden}" },
        { "list of lengths", "Content-Length: {length}, {length}", "{body}{hidden}" },
        { "signed length", "Content-Length: +{length}", "{body}{hidden}" },
        { "negative length", "Content-Length: -1", "{body}{hidden}" },
        { "length in hexadecimal", "Content-Length: 0x{hexlength}", "{body}{hidden}" },
        { "length with blanks", "Content-Length: {length} 5", "{body}{hidden}" },
        { "blank before the colon", "Content-Length : {length}", "{body}{hidden}" },
        { "folded header", "X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n Content-Length: 0", "{body}{hidden}" },
        { "encoding twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "{chunk}0\r\n\r\n{hidden}" },
        { "encoding of two", "Transfer-Encoding: chunked, identity", "{chunk}0\r\n\r\n{hidden}" },
        { "encoding of two, chunked last", "Transfer-Encoding: gzip, chunked", "{chunk}0\r\n\r\n{hidden}" },
        { "unknown encoding", "Transfer-Encoding: xchunked", "{chunk}0\r\n\r\n{hidden}" },
        { "encoding with a control", "Transfer-Encoding: \u000bchunked", "{chunk}0\r\n\r\n{hidden}" },
        { "encoding in quotes", "Transfer-Encoding: \"chunked\"", "{chunk}0\r\n\r\n{hidden}" },
        { "bare line feeds in headers", "X-A: b\nTransfer-Encoding: chunked\nContent-Length: {all}", "{chunk}0\r\n\r\n{hidden}" },
        { "bare line feed before a header", "X-A: b\nContent-Length: 0\r\nContent-Length: {all}", "{body}{hidden}" },
        { "bare carriage return in a header", "X-A: b\rContent-Length: 0\r\nContent-Length: {length}", "{body}{hidden}" },
        { "NUL in a header", "X-A: b\0Content-Length: 0\r\nContent-Length: {length}", "{body}{hidden}" },
        { "chunk that ends in a line feed", "Transfer-Encoding: chunked", "{hex}\n{body}\n0\n\n{hidden}" },
        { "chunk extension with a bare line feed", "Transfer-Encoding: chunked", "{hex};x\n{body}\r\n0\r\n\r\n{hidden}" },
        { "chunk extension with a bare carriage return", "Transfer-Encoding: chunked", "{hex};x\r{body}\r\n0\r\n\r\n{hidden}" },
        { "chunk extension that hides the end", "Transfer-Encoding: chunked", "{hex};\nxx\r\n{body}\r\n0\r\n\r\n{hidden}" },
        { "chunk size with a sign", "Transfer-Encoding: chunked", "+{hex}\r\n{body}\r\n0\r\n\r\n{hidden}" },
        { "chunk size with a prefix", "Transfer-Encoding: chunked", "0x{hex}\r\n{body}\r\n0\r\n\r\n{hidden}" },
        { "chunk size with an underscore", "Transfer-Encoding: chunked", "0_{hex}\r\n{body}\r\n0\r\n\r\n{hidden}" },
        { "chunk size too large to count", "Transfer-Encoding: chunked", "FFFFFFFFFFFFFFFF{hex}\r\n{body}\r\n0\r\n\r\n{hidden}" },
        { "chunk longer than it says", "Transfer-Encoding: chunked", "{hex}\r\n{body}xx\r\n0\r\n\r\n{hidden}" },
        { "chunk without its end", "Transfer-Encoding: chunked", "{hex}\r\n{body}0\r\n\r\n{hidden}" },
        { "last chunk with junk", "Transfer-Encoding: chunked", "{chunk}0 0\r\n\r\n{hidden}" },
        { "length in the trailer", "Transfer-Encoding: chunked", "{chunk}0\r\nContent-Length : 5\r\n\r\n{hidden}" },
    };

    [Theory]
    [MemberData(nameof(Corpus))]
    public async Task UnclearRequest_IsRefused_AndItsConnectionClosed(string name, string headers, string body)
    {
        using var raw = new RawHttp(_host.Url);

        var (answer, isClosed) = await raw.SendAsync(Request(Fill(body), Fill(headers)), Patience, TestContext.Current.CancellationToken);

        Assert.DoesNotContain(_host.Enforcement.Calls, call => call.Tool == "smuggled");
        Assert.True(isClosed, $"After {name} the connection stays open: {answer}");
        Assert.DoesNotContain("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Empty(_host.Enforcement.Calls);
    }

    [Theory]
    [InlineData("Content-Length: {length}", "{body}")]
    [InlineData("Transfer-Encoding: chunked", "{chunk}0\r\n\r\n")]
    [InlineData("Transfer-Encoding: Chunked", "{hex};a=b\r\n{body}\r\n0\r\nX-Trailer: 1\r\n\r\n")]
    public async Task ClearRequest_IsServed_AndTheOneBehindIt(string headers, string body)
    {
        using var raw = new RawHttp(_host.Url);

        var (answer, _) = await raw.SendAsync(Request(Fill(body), Fill(headers)) + Hidden, Patience, TestContext.Current.CancellationToken);

        Assert.Equal(3, answer.Split("HTTP/1.1 200").Length);
        Assert.Equal(["siem_get_alert", "smuggled"], _host.Enforcement.Calls.Select(call => call.Tool));
    }

    [Theory]
    [InlineData("yarp")]
    [InlineData("node")]
    public async Task Front_ThatSharesItsConnections_SendsNoRequestThatItDoesNotSee(string kind)
    {
        var arrived = 0;
        await using var host = await WireHost.StartAsync(services => services.AddSingleton<IStartupFilter>(new Counter(() => Interlocked.Increment(ref arrived))));
        await using var front = kind == "yarp" ? await FrontServer.YarpAsync(host.Url) : await FrontServer.NodeAsync(host.Url);

        await Task.WhenAll(Corpus.Select(async row =>
        {
            using var raw = new RawHttp(front.Url);
            var (_, headers, body) = row.Data;
            await raw.SendAsync(Request(Fill(body), Fill(headers)), Patience, TestContext.Current.CancellationToken);
        }));

        // A front may take what is hidden for a request of its own, and then asks for it by itself; what it sent is what arrived.
        Assert.InRange(arrived, 0, await front.PassedAsync());
        Assert.True(host.Enforcement.Calls.Count <= arrived);
        using var last = new RawHttp(front.Url);
        var (answer, _) = await last.SendAsync(Request(Body, Fill("Content-Length: {length}")), Patience, TestContext.Current.CancellationToken);
        Assert.Contains("200 OK", answer, StringComparison.Ordinal);
        Assert.Contains("siem_get_alert", answer, StringComparison.Ordinal);
        FaultRun.Report($"desync_{kind}_sent", await front.PassedAsync());
        FaultRun.Report($"desync_{kind}_arrived", arrived);
    }

    private sealed class Counter(Action count) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (http, rest) =>
            {
                count();
                await rest(http);
            });
            next(app);
        };
    }

    private static string Fill(string text) => text
        .Replace("{hexlength}", Body.Length.ToString("x", CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{chunk}", $"{Body.Length:x}\r\n{Body}\r\n", StringComparison.Ordinal)
        .Replace("{hex}", Body.Length.ToString("x", CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{all}", (Body.Length + Hidden.Length + 100).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{length}", Body.Length.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{body}", Body, StringComparison.Ordinal)
        .Replace("{hidden}", Hidden, StringComparison.Ordinal);

    private static string Call(string tool) => JsonNode.Parse(WireHost.Modern("tools/call", $$"""{"name":"{{tool}}"}""").Body)!.ToJsonString();

    private static string Request(string body, string headers)
    {
        var tool = headers.Contains("smuggled", StringComparison.Ordinal) || body == Call("smuggled") ? "smuggled" : "siem_get_alert";
        return new StringBuilder()
            .Append("POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer soc\r\nContent-Type: application/json\r\n")
            .Append("Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n")
            .Append(CultureInfo.InvariantCulture, $"Mcp-Name: {tool}\r\n{headers}\r\n\r\n{body}")
            .ToString();
    }
}
