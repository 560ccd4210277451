using System.Text;
using System.Text.Json;
using CsCheck;
using Harness.Mcp.Proxy.Backends.Large;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends.Large;

public sealed class AnswerScanTests
{
    [Fact]
    public void Result_IsFoundAsAParserFindsIt_HoweverTheBytesAreCut()
    {
        var value = Gen.Recursive<string>((depth, inner) => depth > 4 ? Scalar : Gen.OneOf(
            Scalar,
            inner.Array[0, 4].Select(items => $"[{string.Join(" , ", items)}]"),
            Gen.Select(Text, inner).Array[0, 4].Select(members => $"{{ {string.Join(",", members.DistinctBy(member => member.Item1).Select(member => $"{member.Item1}:{member.Item2}"))} }}")));

        Gen.Select(value, Gen.Int[0, 1_000_000], Gen.Bool, Gen.Int[1, 7], Gen.Int[0, 2].Select(form => form switch { 0 => "", 1 => "data: ", _ => "data:" })).Sample((result, id, isIdLast, size, prefix) =>
        {
            var message = isIdLast ? $"{{\"jsonrpc\":\"2.0\",\"result\":{result} ,\"id\":{id}}}" : $"{{ \"id\" : {id} , \"jsonrpc\":\"2.0\", \"result\" : {result}}}\n";
            var bytes = Encoding.UTF8.GetBytes(prefix + message);

            var answer = Scan(bytes, size);

            using var document = JsonDocument.Parse(message);
            Assert.Equal(id, answer!.Id);
            Assert.Equal(document.RootElement.GetProperty("result").GetRawText(), Encoding.UTF8.GetString(bytes, (int)answer.Start, (int)answer.Length).TrimEnd());
        });
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"isError":true,"content":[]}}""", true)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"content":[{"isError":true}],"isError":false}}""", false)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"content":[],"isError":"true"}}""", false)]
    public void ErrorFlag_IsThatOfTheResult(string message, bool isError) => Assert.Equal(isError, Scan(Encoding.UTF8.GetBytes(message), 3)!.IsError);

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":"1","result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1.5,"result":{}}""")]
    [InlineData("""{"jsonrpc":"1.0","id":1,"result":{}}""")]
    [InlineData("""{"id":1,"result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"m","result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"id":2,"result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{},"result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"a":[}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"a":"b}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{}} x""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{}""")]
    [InlineData("[1]")]
    [InlineData("event: x")]
    public void NoAnswer_IsFound_WhereThereIsNone(string message) => Assert.Null(Scan(Encoding.UTF8.GetBytes(message), 5));

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"a":{"result":0},"result":{"b":[{"result":1}]} ,"c":1}}""", """{"b":[{"result":1}]}""", false)]
    [InlineData("""{"jsonrpc":"2.0","result":{"resultType":"complete","result": {"isError":true,"resultType":"complete"}},"id":1}""", """{"isError":true,"resultType":"complete"}""", true)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"isError":true,"result":{"isError":false}}}""", """{"isError":false}""", false)]
    public void ResultInsideOfTheResult_IsFound(string message, string inner, bool isError)
    {
        var bytes = Encoding.UTF8.GetBytes(message);

        var found = Scan(bytes, 4)!.Inner!;

        Assert.Equal((inner, isError), (Encoding.UTF8.GetString(bytes, (int)found.Start, (int)found.Length), found.IsError));
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"a":{"result":{}}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":[{"result":{}}]}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"result":{},"result":{}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"result":{"resultType":"input_required"}}}""")]
    public void ResultInsideOfTheResult_IsNone(string message) => Assert.Null(Scan(Encoding.UTF8.GetBytes(message), 3)!.Inner);

    private static readonly Gen<string> Text = Gen.String[Gen.Char["ab\"\\{}[],:\u00fc "], 0, 6].Select(text => JsonSerializer.Serialize(text));

    private static readonly Gen<string> Scalar = Gen.OneOf(Text, Gen.Int.Select(number => $"{number}"), Gen.Int[0, 3].Select(form => form switch { 0 => "true", 1 => "false", 2 => "null", _ => "1.5e3" }));

    private static SpooledAnswer? Scan(byte[] bytes, int size)
    {
        var scan = new AnswerScan();
        for (var start = 0; start < bytes.Length; start += size)
            if (!scan.Take(bytes.AsSpan(start, Math.Min(size, bytes.Length - start))))
                return null;
        return scan.End();
    }
}
