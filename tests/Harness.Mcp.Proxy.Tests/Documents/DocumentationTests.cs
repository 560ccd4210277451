using System.Text.Json;
using System.Text.RegularExpressions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Documents;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Documents;

/// <summary>What the documentation shows must be there, and what it tells people to write must be accepted.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string[] Places = ["src", "samples", "servers.config", "tests"];

    /// <summary>What belongs to others, or is made by a build.</summary>
    private static readonly string[] NotOurs = ["node_modules", "artifacts", "data", "bin", "obj"];

    /// <summary>Broken on purpose; what is wrong with it is held to its README by the check's own test.</summary>
    private const string Broken = "samples/broken/missions/";

    /// <summary>A transcript repeats what servers said, with links that lead somewhere for them alone.</summary>
    public static TheoryData<string> Pages => [.. FilesOf("*.md").Select(Relative).Where(file => !file.EndsWith("/transcript.md", StringComparison.Ordinal))];

    public static TheoryData<string> Missions => [.. FilesOf("*.yaml").Where(file => Path.GetFileName(Path.GetDirectoryName(file)) == "missions").Select(Relative).Where(file => !file.StartsWith(Broken, StringComparison.Ordinal))];

    public static TheoryData<string> Backends => [.. Directory.EnumerateFiles(RepositoryFolder.Of("servers.config"), "*.json").Where(file => !file.EndsWith("schema.json", StringComparison.Ordinal)).Select(Relative)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_LeadSomewhere(string page)
    {
        var file = RepositoryFolder.Of(page);

        // What is indented by four is code, and what it quotes of servers leads nowhere here.
        var prose = string.Join('\n', File.ReadLines(file).Where(line => !line.StartsWith("    ", StringComparison.Ordinal)));
        var dead = Link().Matches(prose)
            .Select(match => match.Groups["target"].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.Combine(Path.GetDirectoryName(file)!, target)));

        Assert.Empty(dead);
    }

    [Fact]
    public void MissionReference_ShowsAMission_ThatIsAccepted()
    {
        var example = Assert.Single(Blocks("src/Harness.Mcp.Core/Missions/README.md", "yaml"), block => block.Contains("mission:", StringComparison.Ordinal));

        AssertMission(YamlReader.Read(example, "example.yaml"));
    }

    [Fact]
    public void MissionReference_ShowsGuardrailsAndExamples_ThatAreAccepted()
    {
        var blocks = Blocks("src/Harness.Mcp.Core/Missions/README.md", "yaml").ToList();
        var guardrails = Assert.Single(blocks, block => block.StartsWith("# guardrails.yaml", StringComparison.Ordinal));
        var examples = Assert.Single(blocks, block => block.Contains("examples:", StringComparison.Ordinal));

        Assert.Empty(RuleSourceParser.Guardrails(YamlReader.Read(guardrails, "guardrails.yaml").Value!).Problems);
        Assert.Empty(RuleSourceParser.Guardrails(YamlReader.Read("owner: me\nrules:\n" + examples, "examples.yaml").Value!).Problems);
    }

    [Fact]
    public void BackendReference_ShowsBackends_ThatAreAccepted()
    {
        var examples = Blocks("src/Harness.Mcp.Proxy/Backends/README.md", "json").ToList();

        Assert.Equal(2, examples.Count);
        Assert.All(examples, example => AssertBackend(YamlReader.Read(example, "example.json")));
    }

    [Theory]
    [MemberData(nameof(Missions))]
    public void SampleMission_IsAccepted(string file)
    {
        AssertMission(YamlReader.ReadFile(RepositoryFolder.Of(file), file));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void SampleBackend_IsAccepted(string file)
    {
        AssertBackend(YamlReader.ReadFile(RepositoryFolder.Of(file), file));
    }

    private static void AssertMission(Parsed<DocumentNode> document)
    {
        Assert.True(document.IsValid, string.Join('\n', document.Problems));
        var mission = MissionParser.Parse(document.Value);
        Assert.True(mission.IsValid, string.Join('\n', mission.Problems));
        AssertFits(document.Value, "src/Harness.Mcp.Core/Missions/mission.schema.json");
    }

    private static void AssertBackend(Parsed<DocumentNode> document)
    {
        Assert.True(document.IsValid, string.Join('\n', document.Problems));
        var file = ServersConfigParser.Parse(document.Value, new ServersConfigSurroundings(RepositoryFolder.Root, name => $"value of {name}"));
        Assert.True(file.IsValid, string.Join('\n', file.Problems));
        AssertFits(document.Value, "servers.config/servers.schema.json");
    }

    private static void AssertFits(DocumentNode document, string schemaFile)
    {
        var schema = JsonSchema.Compile(JsonElement.Parse(File.ReadAllBytes(RepositoryFolder.Of(schemaFile))), new SourcePosition(schemaFile, 0, 0));
        Assert.True(schema.IsValid, string.Join('\n', schema.Problems));
        Assert.Empty(schema.Value.Validate(DocumentJson.Write(document)));
    }

    private static IEnumerable<string> Blocks(string page, string language) =>
        Block().Matches(File.ReadAllText(RepositoryFolder.Of(page)))
            .Where(match => match.Groups["language"].Value == language)
            .Select(match => match.Groups["text"].Value);

    private static IEnumerable<string> FilesOf(string pattern) =>
        Places.SelectMany(place => Directory.EnumerateFiles(RepositoryFolder.Of(place), pattern, SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(RepositoryFolder.Root, pattern))
            .Where(file => !Relative(file).Split('/').Intersect(NotOurs, StringComparer.Ordinal).Any())
            .Order(StringComparer.Ordinal);

    private static string Relative(string file) => Path.GetRelativePath(RepositoryFolder.Root, file).Replace('\\', '/');

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^```(?<language>\w+)\r?\n(?<text>.*?)^```", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Block();
}
