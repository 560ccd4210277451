using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Documents;
using Xunit;

namespace Harness.Mcp.Core.Tests.Documents;

public class DocumentJsonTests
{
    [Theory]
    [InlineData("a: 1", """{"a":1}""")]
    [InlineData("a: 0x1F", """{"a":31}""")]
    [InlineData("a: .5", """{"a":0.5}""")]
    [InlineData("a: 12345678901234567890.10", """{"a":12345678901234567890.10}""")]
    [InlineData("a: '1'", """{"a":"1"}""")]
    [InlineData("a: TRUE", """{"a":true}""")]
    [InlineData("a: false", """{"a":false}""")]
    [InlineData("a: 'no'", """{"a":"no"}""")]
    [InlineData("a:", """{"a":null}""")]
    [InlineData("a: ~", """{"a":null}""")]
    [InlineData("a: [x, {b: []}, {}]", """{"a":["x",{"b":[]},{}]}""")]
    public void Write_KeepsKindAndValue(string yaml, string json)
    {
        var document = YamlReader.Read(yaml, "test.yaml").Value!;

        var written = DocumentJson.Write(document);

        Assert.Equal(json, written.GetRawText());
        Assert.Equal(json, DocumentJson.Write(DocumentJson.Read(written, "again").Value!).GetRawText());
    }

    [Fact]
    public void Read_KnowsNoPlace_ButTheFile()
    {
        var document = (DocumentNode.Map)DocumentJson.Read(JsonElement.Parse("""{ "a": [1.5] }"""), "chain").Value!;

        Assert.Equal(new SourcePosition("chain", 0, 0), document["a"]!.Position);
        Assert.Equal(ScalarKind.Float, Assert.IsType<DocumentNode.Scalar>(((DocumentNode.List)document["a"]!).Items[0]).Kind);
    }

    [Fact]
    public void Read_RefusesKeysThatStandTwice()
    {
        var document = DocumentJson.Read(JsonElement.Parse("""{ "a": { "b": 1, "b": 2 } }"""), "chain");

        Assert.Contains("`b`", Assert.Single(document.Problems).Message, StringComparison.Ordinal);
    }
}
