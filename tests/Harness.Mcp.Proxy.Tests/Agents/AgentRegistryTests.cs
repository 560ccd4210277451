using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Agents;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Agents;

public sealed class AgentRegistryTests : IDisposable
{
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("harness-").FullName, "agents");

    public AgentRegistryTests() => Directory.CreateDirectory(_folder);

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Fact]
    public void Find_PrefersSubjectAndClient_AndRefusesATokenOfTwoAgents()
    {
        Write("both", "subject: s\nclient: c");
        Write("by-subject", "subject: s");
        Write("by-client", "client: c2");

        var registry = AgentRegistry.Load(_folder).Value;

        Assert.NotNull(registry);
        Assert.Equal("both", registry.Find("https://id", "s", "c")?.Id.Value);
        Assert.Equal("by-subject", registry.Find("https://id", "s", "other")?.Id.Value);
        Assert.Equal("by-client", registry.Find("https://id", "other", "c2")?.Id.Value);
        Assert.Null(registry.Find("https://id", "s", "c2"));
        Assert.Null(registry.Find("https://id", "S", null));
        Assert.Null(registry.Find("https://id/", "s", "c"));
        Assert.Equal("both", registry.Find(new AgentId("both"))?.Id.Value);
    }

    [Fact]
    public void Load_NamesBothFiles_OfADuplicate()
    {
        Write("one", "client: c");
        Write("two", "client: c");
        File.Copy(Path.Combine(_folder, "one.yaml"), Path.Combine(_folder, "three.yaml"));
        File.WriteAllText(Path.Combine(_folder, "four.yml"), "agent: four");

        var problems = AgentRegistry.Load(_folder).Problems.Select(problem => problem.ToString()).ToList();

        Assert.Contains("agents/three.yaml:1:1: The agent `one` is already registered in `agents/one.yaml`. Rename or remove one of them.", problems);
        Assert.Contains("agents/two.yaml:1:1: `agents/one.yaml` registers the same issuer, subject and client. One identity is one agent: give each its own, or remove one of them.", problems);
        Assert.Contains("agents/four.yml: Only files that end in `.yaml` are read. Rename the file.", problems);
    }

    [Fact]
    public void Load_RegistersNobody_WithoutAFolder()
    {
        Assert.Empty(AgentRegistry.Load(Path.Combine(_folder, "none")).Value!.Agents);
    }

    [Fact]
    public void Reload_KeepsTheLastGoodRegistry_UntilTheMistakeIsMended()
    {
        Write("one", "client: c");
        var agents = new RegisteredAgents(_folder, NullLogger<RegisteredAgents>.Instance);
        File.WriteAllText(Path.Combine(_folder, "two.yaml"), "agent: [");

        var refused = agents.Reload();
        var during = agents.Current;
        Write("two", "client: d");
        var mended = agents.Reload();

        Assert.Equal("agents/two.yaml", Assert.Single(refused).Position.File);
        Assert.Equal("one", Assert.Single(during.Agents).Id.Value);
        Assert.Empty(mended);
        Assert.Equal(2, agents.Current.Agents.Length);
    }

    [Fact]
    public void Start_IsRefused_WhileTheFolderHasAMistake()
    {
        File.WriteAllText(Path.Combine(_folder, "one.yaml"), "agent: one");

        var failure = Assert.Throws<InvalidDataException>(() => new RegisteredAgents(_folder, NullLogger<RegisteredAgents>.Instance));

        Assert.Contains("agents/one.yaml:1:1: `owner` is missing.", failure.Message, StringComparison.Ordinal);
    }

    private void Write(string id, string identity) => File.WriteAllText(
        Path.Combine(_folder, id + ".yaml"), $"agent: {id}\nowner: me\nissuer: https://id\n{identity}\nmissions: [m]\nreview-by: 2099-01-01\n");
}
