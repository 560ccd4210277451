using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Documents;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions;

/// <summary>Every mission document in data/missions that has a `.problems` file beside it: exactly those problems, in that order.</summary>
public class BadMissionTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "data", "missions");

    public static TheoryData<string> Documents =>
        [.. Directory.EnumerateFiles(Folder, "*.problems").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Parse_NamesEveryProblem_WithPlaceAndRemedy(string name)
    {
        var file = $"{name}.yaml";
        var document = YamlReader.Read(File.ReadAllText(Path.Combine(Folder, file)), file);

        var parsed = MissionParser.Parse(document.Value!);

        Assert.False(parsed.IsValid);
        Assert.Equal(
            File.ReadAllLines(Path.Combine(Folder, $"{name}.problems")),
            parsed.Problems.Select(problem => problem.ToString()[(file.Length + 1)..]));
    }
}
