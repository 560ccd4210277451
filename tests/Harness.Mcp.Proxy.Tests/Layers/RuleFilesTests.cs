using Harness.Mcp.Core.Layers;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Guard;
using Harness.Mcp.Proxy.Layers;
using Harness.Mcp.TestKit.Backends;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Layers;

public sealed class RuleFilesTests : IDisposable
{
    private const string Guardrails = "owner: security@corp.example\nrules: [{ id: no-leak, flow: { label: personal, to: external } }]";

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("harness-layers-");

    public RuleFilesTests() => Directory.CreateDirectory(Servers);

    private string Servers => Path.Combine(_home.FullName, "servers.config");

    public void Dispose() => _home.Delete(recursive: true);

    [Fact]
    public void Read_TakesGuardrailsAndTerms()
    {
        Write("guardrails.yaml", Guardrails);
        Write("servers.config/mail.json", Mail("""[{ "id": "pace", "on": ["mail/send"], "window": { "max": 5, "per": "1m" } }]"""));

        var rules = RuleFiles.Read(_home.FullName, Servers);

        Assert.Empty(rules.Problems);
        Assert.Equal(["guardrails/no-leak", "mail/pace"], rules.Value!.All.SelectMany(source => source.Rules).Select(rule => rule.Id.Value));
    }

    [Theory]
    [InlineData("guardrails.yaml", "owner: a\nrules: [{ id: x, flow: { label: personal } }]", "guardrails.yaml:2:24: `flow` lacks `to`.")]
    [InlineData("guardrails.yml", Guardrails, "guardrails.yml: Guardrails are read from `guardrails.yaml` alone. Rename the file to `guardrails.yaml`.")]
    public void Read_RefusesGuardrails_WithAMistake(string file, string text, string problem)
    {
        Write(file, text);

        Assert.StartsWith(problem, Assert.Single(RuleFiles.Read(_home.FullName, Servers).Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_RefusesTerms_WithAMistake_AndNamesTheFile()
    {
        Write("servers.config/mail.json", Mail("""[{ "id": "pace", "on": ["hr/get"], "window": { "max": 5, "per": "1m" } }]"""));

        var problem = Assert.Single(RuleFiles.Read(_home.FullName, Servers).Problems);

        Assert.Equal(Path.Combine("servers.config", "mail.json"), problem.Position.File);
        Assert.True(problem.Position.Line > 0);
        Assert.Contains("`hr/get` is not of this backend", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HomeWithoutFiles_HasNoRulesBesideTheMissions()
    {
        Assert.Empty(RuleFiles.Read(_home.FullName, Path.Combine(_home.FullName, "none")).Value!.All);
    }

    [Fact]
    public async Task Running_KeepsTheLastGoodGuardrails_AndTakesTheNextGoodOnes()
    {
        Write("guardrails.yaml", Guardrails);
        var time = new ManualTime();
        await using var fleet = new BackendFleet(
            new BackendFleetPlaces(_home.FullName, Servers, Path.Combine(_home.FullName, "state"), GuardProgram.Self()), time, NullLogger<BackendFleet>.Instance);
        await using var layers = new RuleLayers(_home.FullName, fleet, time, NullLogger<RuleLayers>.Instance);
        Assert.Equal(["no-leak"], Ids(layers));

        Write("guardrails.yaml", "owner: a\nrules: [{ id: x }]");
        layers.Reload();
        Assert.Equal(["no-leak"], Ids(layers));

        File.Delete(Path.Combine(_home.FullName, "guardrails.yaml"));
        layers.Reload();
        Assert.Equal(["no-leak"], Ids(layers));

        Write("guardrails.yaml", "owner: a\nrules: [{ id: other, forbid: 'false' }]");
        layers.Reload();
        Assert.Equal(["other"], Ids(layers));
        Assert.Same(layers.Current, layers.Current);
    }

    [Fact]
    public async Task Running_DoesNotStart_WithBadGuardrails()
    {
        Write("guardrails.yaml", "owner: a\nrules: [{ id: x }]");
        await using var fleet = new BackendFleet(
            new BackendFleetPlaces(_home.FullName, Servers, Path.Combine(_home.FullName, "state"), GuardProgram.Self()), TimeProvider.System, NullLogger<BackendFleet>.Instance);

        var refused = Assert.Throws<InvalidDataException>(() => new RuleLayers(_home.FullName, fleet, TimeProvider.System, NullLogger<RuleLayers>.Instance));

        Assert.StartsWith("guardrails.yaml:2:9: A rule asks nothing.", refused.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Ids(RuleLayers layers) =>
        layers.Current.All.SelectMany(source => source.Rules).Select(rule => rule.Id.Value[(RuleSource.Guardrails.Length + 1)..]);

    private static string Mail(string rules) => $$"""
        { "name": "mail", "owner": "it@corp.example", "domain": "data", "url": "${env:ONLY_THE_PROXY_HAS_IT}",
          "tools": { "send": { "effect": "send" } },
          "rules": {{rules}} }
        """;

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_home.FullName, name), text);
}
