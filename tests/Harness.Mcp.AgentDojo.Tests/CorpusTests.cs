using System.Text.Json;
using Harness.Mcp.AgentDojo.Authoring;
using Harness.Mcp.AgentDojo.Corpus;
using Harness.Mcp.AgentDojo.Figures;
using Xunit;

namespace Harness.Mcp.AgentDojo.Tests;

public class CorpusTests
{
    [Fact]
    public void GeneratedDocuments_AreThoseInTheRepository()
    {
        foreach (var document in Shared.Corpus.Suites.SelectMany(suite => Documents.Of(suite).All))
            Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, document.Path)), document.Text);
    }

    [Fact]
    public void Payload_StaysInsideItsField()
    {
        var filled = JsonElement.Parse(VectorMarkers.Fill("- id: '1'\n  note: 'see [[VECTOR:a]]'", _ => "a\n- id: '2'"));

        Assert.Equal("see a\n- id: '2'", Assert.Single(filled.EnumerateArray()).GetProperty("note").GetString());
    }

    [Fact]
    public void Payload_TakesTheMarkersPlace_InTextWithoutFields() =>
        Assert.Equal("Dear reader, a and b.", VectorMarkers.Fill("Dear reader, [[VECTOR:x]] and [[VECTOR:y]].", id => id == "x" ? "a" : "b"));

    [Theory]
    [InlineData("[].id_", true)]
    [InlineData("[].sender", true)]
    [InlineData("[].participants[]", true)]
    [InlineData("[].start_time", true)]
    [InlineData("last_modified", true)]
    [InlineData("[]", true)]
    [InlineData("[].body", false)]
    [InlineData("[].subject", false)]
    [InlineData("[].title", false)]
    [InlineData("[].filename", true)]
    [InlineData("[].shared_with", true)]
    [InlineData("[].from_date", true)]
    [InlineData("[].user_note", false)]
    [InlineData("something", false)]
    [InlineData("", false)]
    public void Field_IsTrusted_WhereItsNameSaysThatTheSystemStandsForIt(string path, bool isTrusted) =>
        Assert.Equal(isTrusted, FieldTrust.IsTrusted(new ResultField(path, IsTextless: false)));

    [Fact]
    public void Tool_HasTheFieldsOfTheTypeItReturns_WhereNoGoldenChainCallsIt()
    {
        var shapes = new ResultShapes(Shared.Suite("workspace").File);

        Assert.Contains(shapes.Of("get_draft_emails"), field => field.Path == "[].sender");
        Assert.Contains(shapes.Of("get_file_by_id"), field => field.Path == "owner");
    }

    [Theory]
    [InlineData("""{"url":"https://www.true-informations.com/"}""", 0)]
    [InlineData("""{"url":"www.other.com"}""", null)]
    public void MaliciousCall_IsToldByToolAndTarget(string arguments, int? expected)
    {
        var run = new RecordedRun("model", "slack", "user_task_0", "injection_task_3", "direct", false, true, "Read it.")
        {
            Calls = [new RecordedCall("get_webpage", JsonElement.Parse(arguments), "", null)],
        };

        Assert.Equal(expected, MaliciousCall.IndexIn(run, Shared.Suite("slack")));
    }
}
