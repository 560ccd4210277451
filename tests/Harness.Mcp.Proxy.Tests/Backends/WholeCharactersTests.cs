using System.Text;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Wire;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public sealed class WholeCharactersTests
{
    [Theory]
    [InlineData("""{"a":"\ud800"}""", """{"a":"\ufffd"}""")]
    [InlineData("""{"a":"\uDC00\uD83D"}""", """{"a":"\ufffd\ufffd"}""")]
    [InlineData("""{"a":"\ud83d\ud83d\ude00"}""", """{"a":"\ufffd\ud83d\ude00"}""")]
    [InlineData("""{"a":"\ud83dx\\ude00"}""", """{"a":"\ufffdx\\ude00"}""")]
    [InlineData("""{"\ud83d":1}""", """{"\ufffd":1}""")]
    public void Halves_BecomeTheReplacementCharacter(string json, string whole) => Assert.Equal(whole, Read(json));

    [Theory]
    [InlineData("""{"a":"\ud83d\ude00 \uD83D\uDE00 😀"}""")]
    [InlineData("""{"a":"\\ud800 \\\\ud800 \" \u0041 \ufffd"}""")]
    [InlineData("""{"a":"\ud8""")]
    [InlineData("\\")]
    [InlineData("")]
    public void OtherText_StaysAsItIs(string json) => Assert.Equal(json, Read(json));

    [Fact]
    public void Message_IsRead_WhereAKeyHoldsAHalf()
    {
        var isRead = RpcMessage.TryRead("""{"jsonrpc":"2.0","id":1,"result":{"\ud800":"\udc00"}}"""u8.ToArray(), out var message);

        Assert.True(isRead);
        Assert.Equal("\uFFFD", Assert.IsType<RpcMessage.Response>(message).Result!.Value.GetProperty("\uFFFD").GetString());
    }

    [Fact]
    public void Message_IsNone_WhereTwoKeysBecomeOne() =>
        Assert.False(RpcMessage.TryRead("""{"jsonrpc":"2.0","id":1,"result":{"\ud800":1,"\udc00":2}}"""u8.ToArray(), out _));

    private static string Read(string json) => Encoding.UTF8.GetString(WholeCharacters.Of(Encoding.UTF8.GetBytes(json)).Span);
}
