using Xunit;

namespace Harness.Mcp.Core.Tests.Schemas;

public class SchemaSuiteTests
{
    [Fact]
    public void EveryRequiredCase_OfTheSuite_Agrees()
    {
        var cases = SchemaSuite.Cases("").ToList();

        var disagreements = cases.Select(one => one.Disagreement()).OfType<string>().ToList();

        Assert.Equal("", string.Join("\n", disagreements));
        Assert.True(cases.Count > 1200, $"only {cases.Count} cases");
    }

    /// <summary>Left out with reason: `format` stays an annotation, and draft 2019-09 is read like 2020-12.</summary>
    [Fact]
    public void OptionalCases_Agree_ButForFour()
    {
        var cases = SchemaSuite.Cases("optional").ToList();

        var disagreements = cases.Select(one => one.Disagreement()).OfType<string>().Select(one => one[..one.IndexOf(':', StringComparison.Ordinal)]);

        Assert.Equal(["optional/cross-draft", "optional/format-assertion", "optional/format-assertion", "optional/format-assertion"], disagreements);
        Assert.Equal(162, cases.Count);
    }
}
