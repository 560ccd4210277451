using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Xunit;

namespace Harness.Mcp.Store.Tests.Records;

public sealed class LinkCodecTests
{
    [Fact]
    public void Open_GivesBackEveryLink_ThatWasSealed()
    {
        LinkGen.Link.Sample(
            link =>
            {
                var stored = LinkCodec.Seal(link);

                var read = LinkCodec.Open(stored.Bytes.ToArray());

                Assert.Null(SameValue.Difference(link, read.Link));
                Assert.Equal(stored.Digest, read.Digest);
                Assert.Equal(stored.Bytes.ToArray(), LinkCodec.Seal(read.Link).Bytes.ToArray());
                Assert.DoesNotContain((byte)'\n', stored.Bytes.ToArray());
            },
            iter: 2_000);
    }

    [Fact]
    public void Open_RefusesOrReads_WhateverBytesCome()
    {
        Gen.Select(LinkGen.Link, Gen.Int[0, 10_000], Gen.Byte).Sample(
            (link, place, value) =>
            {
                var bytes = LinkCodec.Seal(link).Bytes.ToArray();
                bytes[place % bytes.Length] = value;

                var failure = Record.Exception(() => LinkCodec.Open(bytes));

                Assert.True(failure is null or FormatException, failure?.ToString());
            },
            iter: 2_000);
    }

    [Fact]
    public void Seal_KeepsNumbers_AsTheyWereSpelled()
    {
        var body = Given.Admitted(Given.Call(Given.Mission(), 2)) with { Arguments = Given.Json("""{ "amount" : 1.10000000000000000000001, "big": 1E+400, "zero": -0 }""") };

        var stored = Given.Seal(Given.Mission(), 2, Digest.Zero, body);

        Assert.Contains("""{"amount":1.10000000000000000000001,"big":1E+400,"zero":-0}""", Encoding.UTF8.GetString(stored.Bytes.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Seal_ReplacesLoneSurrogate_InTheLinkToo()
    {
        var stored = Given.Seal(Given.Mission(), 2, Digest.Zero, new LinkBody.MissionSuspended("ana", "cut \uD83D"));

        Assert.Equal("cut \uFFFD", Assert.IsType<LinkBody.MissionSuspended>(stored.Link.Body).Why);
        Assert.Equal(stored.Digest, LinkCodec.Open(stored.Bytes).Digest);
    }

    [Fact]
    public void Seal_RefusesWhatCouldNotBeReadBack()
    {
        var deep = new string('[', LinkCodec.DepthMax) + new string(']', LinkCodec.DepthMax);
        var tooDeep = Given.Settled(Given.Call(Given.Mission(), 2)) with { Result = System.Text.Json.JsonElement.Parse(deep, new() { MaxDepth = 1000 }) };
        var noDigest = Given.Opened() with { Rules = default };
        var pending = Given.Settled(Given.Call(Given.Mission(), 2)) with { Outcome = CallOutcome.Pending };

        Assert.Contains("deeper", Refusal(tooDeep), StringComparison.Ordinal);
        Assert.Contains("`rules`", Refusal(noDigest), StringComparison.Ordinal);
        Assert.Contains("pending", Refusal(pending), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v", "2", "`v` of the record is 2")]
    [InlineData("kind", "\"mission_paused\"", "`kind` of the record is not a kind")]
    [InlineData("extra", "1", "`extra` of the record is not a key")]
    [InlineData("version", "0", "`version` of the record is below 1")]
    [InlineData("version", "1.5", "`version` of the record is not an integer")]
    [InlineData("time", "\"2026-11-24\"", "`time` of the record is not a time")]
    [InlineData("previous", "\"sha-256:zz\"", "`previous` of the record is not a digest")]
    [InlineData("call", "\"{00000000-0000-0000-0000-000000000000}\"", "`call` of the record is not a UUID")]
    [InlineData("tool", "null", "`tool` of the record is not a JSON object")]
    [InlineData("tool.effect", "\"Read\"", "`tool.effect` of the record is not an effect")]
    [InlineData("tool.targets", "[\"a[b\"]", "`tool.targets[0]` of the record is not a field path")]
    [InlineData("tool.fieldLabels", "[{\"path\":\"a\",\"labels\":[],\"more\":1}]", "`tool.fieldLabels[0].more` of the record is not a key")]
    [InlineData("trace", "{\"traceId\":\"\"}", "`trace.spanId` of the record is missing")]
    public void Open_NamesThePlace_OfWhatItDoesNotKnow(string path, string value, string complaint)
    {
        var record = JsonNode.Parse(Given.Chain(Given.Mission(), 2)[1].Bytes.Span)!;
        var parent = path.Contains('.', StringComparison.Ordinal) ? record[path.Split('.')[0]]! : record;
        parent[path.Split('.')[^1]] = JsonNode.Parse(value);

        var refusal = Assert.Throws<FormatException>(() => LinkCodec.Open(Encoding.UTF8.GetBytes(record.ToJsonString())));

        Assert.Contains(complaint, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("{\"v\":1", "not JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{\"v\":1,\"v\":1}", "`v` of the record stands twice")]
    [InlineData("{\"\\ud800\":1}", "not valid Unicode")]
    [InlineData("{\"v\":1,\"mission\":\"\\ud800\"}", "`mission` of the record is not valid Unicode")]
    public void Open_RefusesBytes_ThatAreNoRecord(string text, string complaint)
    {
        var refusal = Assert.Throws<FormatException>(() => LinkCodec.Open(Encoding.UTF8.GetBytes(text)));

        Assert.Contains(complaint, refusal.Message, StringComparison.Ordinal);
    }

    private static string Refusal(LinkBody body) =>
        Assert.Throws<ArgumentException>(() => Given.Seal(Given.Mission(), 2, Digest.Zero, body)).Message;
}
