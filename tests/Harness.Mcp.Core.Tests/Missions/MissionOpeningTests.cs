using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions;

public class MissionOpeningTests
{
    private const string Parts = """
        inputs:
          alert: { type: string, pattern: "^ALR-[0-9]{4}$" }
          depth: { type: integer, minimum: 1, default: 3 }
          dry: { type: boolean, default: false }
          hosts: { type: array, items: { type: string }, default: [] }
          limit: { type: [integer, "null"], default: null }
        grants: [{ read: [siem/*] }]
        """;

    [Fact]
    public void Inputs_AreRead_ByTheirTypes()
    {
        var opened = Open("alert=ALR-0001", "depth=5", "dry=true", """hosts=["a=b","c"]""", "limit=7");

        Assert.Equal(
            """{"alert":"ALR-0001","depth":5,"dry":true,"hosts":["a=b","c"],"limit":7}""",
            JsonSerializer.Serialize(opened.Value!.Inputs));
        Assert.Equal(Given.Noon.AddHours(2), opened.Value.ExpiresAt);
    }

    [Fact]
    public void Inputs_TakeTheirDefaults_WhereNotGiven()
    {
        var opened = Open("alert=ALR-0001");

        Assert.Equal(
            """{"alert":"ALR-0001","depth":3,"dry":false,"hosts":[],"limit":null}""", JsonSerializer.Serialize(opened.Value!.Inputs));
    }

    [Theory]
    [InlineData("", "input alert: The input is missing.")]
    [InlineData("alert=alr-1", "input alert: The value is not valid (`pattern`)")]
    [InlineData("alert=ALR-0001 alert=ALR-0002", "input alert: The input is given twice.")]
    [InlineData("alert=ALR-0001 depht=2", "input depht: The mission has no such input. Did you mean `depth`?")]
    [InlineData("alert=ALR-0001 depth=two", "input depth: The value is not of the type integer.")]
    [InlineData("alert=ALR-0001 depth=2.5", "input depth: The value is not valid (`type`)")]
    [InlineData("alert=ALR-0001 depth=0", "input depth: The value is not valid (`minimum`)")]
    [InlineData("alert=ALR-0001 dry=yes", "input dry: The value is not of the type boolean.")]
    [InlineData("alert=ALR-0001 hosts=[1]", "input hosts: The value is not valid at /0 (`type`)")]
    [InlineData("""alert=ALR-0001 hosts={"a":1,"a":2}""", "input hosts: The value is not of the type array.")]
    public void Open_NamesTheInput_ThatIsWrong(string inputs, string problem)
    {
        var opened = Open(inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.StartsWith(problem, Assert.Single(opened.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_AreTheSame_ForDocumentsThatDifferInTheirSpellingAlone()
    {
        var one = Given.Template("rules: [{ id: a, budget: { max: 3 } }]\ngrants: [{ read: [siem/*] }]");
        var same = Given.Template("grants:\n  - read:\n      - 'siem/*'\nrules:\n  - budget: { max: 0x3 }\n    id: a");
        var other = Given.Template("grants: [{ read: [siem/*] }]\nrules: [{ id: a, budget: { max: 4 } }]");

        Assert.Equal(Rules(one), Rules(same));
        Assert.NotEqual(Rules(one), Rules(other));

        static string Rules(MissionTemplate template) => MissionOpening.Open(template, [], "me", Given.Noon).Value!.Rules.Value;
    }

    private static Parsed<LinkBody.MissionOpened> Open(params string[] inputs) =>
        MissionOpening.Open(Given.Template(Parts), Given.Inputs(inputs), "opener@corp.example", Given.Noon);
}
