using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Wire;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

/// <summary>Answers that fit no request, or come twice: the first true one stands, and who keeps sending others is given up.</summary>
public sealed class DispatchTests
{
    [Fact]
    public async Task SecondAnswer_ChangesNothing_AndIsCounted()
    {
        var (dispatch, exchange) = Running();

        await DeliverAsync(dispatch, """{"jsonrpc":"2.0","id":7,"result":{"n":1}}""");
        await DeliverAsync(dispatch, """{"jsonrpc":"2.0","id":7,"result":{"n":2}}""");
        await DeliverAsync(dispatch, """{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"m"}}""");

        Assert.Equal("""{"n":1}""", Assert.IsType<ExchangeEnd.Result>(await exchange.End).Value.GetRawText());
        Assert.Equal(2, dispatch.Strays);
    }

    [Fact]
    public async Task AnswersToNothing_AreBorne_UpToABound()
    {
        var (dispatch, exchange) = Running();
        for (var stray = 0; stray < Dispatch.StrayMax; stray++)
            await DeliverAsync(dispatch, $$$"""{"jsonrpc":"2.0","id":{{{1000 + stray}}},"result":{}}""");

        Assert.False(dispatch.IsOverrun);
        await DeliverAsync(dispatch, """{"jsonrpc":"2.0","id":8,"result":{}}""");
        Assert.True(dispatch.IsOverrun);
        Assert.False(exchange.End.IsCompleted);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":"7","result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7.0,"result":{},"error":{"code":1,"message":"m"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":[7],"result":{}}""")]
    [InlineData("""{"jsonrpc":"1.0","id":7,"result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"result":{},"result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"Result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"error":"text"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"error":{"code":"1","message":"m"}}""")]
    public void BentAnswer_IsNone(string message) => Assert.False(RpcMessage.TryRead(System.Text.Encoding.UTF8.GetBytes(message), out _));

    [Theory]
    [InlineData("""{"resultType":"input_required","tools":[],"requestState":"x"}""")]
    [InlineData("""{"resultType":"task","tools":[]}""")]
    [InlineData("""{"resultType":7,"tools":[]}""")]
    [InlineData("""{"tools":{}}""")]
    [InlineData("""{"resources":[]}""")]
    [InlineData("""[]""")]
    public async Task List_IsRefused_InAnotherShape(string result)
    {
        var pages = new ListPages((_, _, _) => Task.FromResult<ExchangeEnd>(new ExchangeEnd.Result(JsonElement.Parse(result))));

        await Assert.ThrowsAsync<WireException>(() => pages.ReadAsync(Harness.Mcp.Proxy.Backends.Reads.ListKinds.Tools, 10, TestContext.Current.CancellationToken));
    }

    private static (Dispatch Dispatch, Exchange Exchange) Running()
    {
        var dispatch = new Dispatch(new Opened { Channel = null! });
        var exchange = new Exchange { Id = 7, Method = "tools/call", Body = default, IsCall = true };
        dispatch.Add(exchange);
        return (dispatch, exchange);
    }

    private static async Task DeliverAsync(Dispatch dispatch, string message)
    {
        Assert.True(RpcMessage.TryRead(System.Text.Encoding.UTF8.GetBytes(message), out var read));
        await dispatch.DeliverAsync(read, null, TestContext.Current.CancellationToken);
    }
}
