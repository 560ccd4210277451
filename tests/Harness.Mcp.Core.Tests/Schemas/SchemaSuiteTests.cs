using Harness.Mcp.Core.Tests.Standards;
using Xunit;

namespace Harness.Mcp.Core.Tests.Schemas;

/// <summary>
/// The public suite of JSON Schema 2020-12. The cases that do not agree are listed by name with the reason in `data/json-schema-exceptions.txt`;
/// the list is exact, so a case that starts to fail, or to pass, shows.
/// </summary>
public class SchemaSuiteTests
{
    private static readonly IReadOnlyDictionary<string, string> Reasons = StandardsReport.Reasons("json-schema-exceptions.txt");

    [Fact]
    public void EveryRequiredCase_OfTheSuite_Agrees()
    {
        var disagreements = Run("json_schema_required", "", 1299);

        Assert.Equal("", string.Join("\n", disagreements));
    }

    [Fact]
    public void OptionalCases_Agree_ButForTheListedExceptions()
    {
        var disagreements = Run("json_schema_optional", "optional", 162);

        Assert.Equal(Reasons.Keys.Order(StringComparer.Ordinal), disagreements.Order(StringComparer.Ordinal));
    }

    /// <summary>`format` stays an annotation, as the standard has it by default: what is no address is a string all the same.</summary>
    [Fact]
    public void Formats_AreAnnotations_SoThatEveryStringIsValid()
    {
        var cases = SchemaSuite.Cases("optional/format").ToList();

        var disagreements = cases.Where(one => one.Disagreement() is not null).ToList();

        new StandardsReport("json_schema_format_asserted")
            .Count(cases.Count - disagreements.Count, cases.Count, [], Reasons)
            .LeftOut(disagreements.Count, "`format` is an annotation, so no text is refused for it; the others are texts that fit, and values of other types")
            .Write();
        Assert.All(disagreements, one => Assert.False(one.IsValid));
        Assert.All(cases, one => Assert.True(SchemaSuite.Compile(one.Schema).Value!.IsValid(one.Value), one.Name));
    }

    private static List<string> Run(string key, string folder, int count)
    {
        var cases = SchemaSuite.Cases(folder).ToList();
        var disagreements = cases.Select(one => (one.Name, Why: one.Disagreement())).Where(one => one.Why is not null).ToList();

        new StandardsReport(key).Count(cases.Count - disagreements.Count, cases.Count, disagreements.Select(one => one.Name), Reasons).Write();
        Assert.Equal(count, cases.Count);
        return [.. disagreements.Select(one => one.Name)];
    }
}
