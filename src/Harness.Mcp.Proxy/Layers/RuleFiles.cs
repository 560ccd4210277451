using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Layers;

/// <summary>Guardrails and terms read once, for a command beside the proxy.</summary>
public static class RuleFiles
{
    /// <param name="home">Absolute path of the home.</param>
    /// <param name="serversFolder">Absolute path of `servers.config`; a home without one has no terms.</param>
    /// <returns>The sources, or every problem of all files: what cannot be read must not be left out.</returns>
    public static Parsed<RuleSources> Read(string home, string serversFolder)
    {
        var guardrails = GuardrailsFile.Read(home);
        var problems = ImmutableArray.CreateBuilder<Problem>();
        problems.AddRange(guardrails?.Problems ?? []);

        var terms = Enumerable.Empty<RuleSource>();
        if (Directory.Exists(serversFolder))
        {
            // Terms do not depend on the environment, which is the proxy's and may be another here.
            var folder = new ServersFolder(serversFolder, new ServersConfigSurroundings(Path.GetDirectoryName(serversFolder) ?? home, _ => "unknown"));
            var servers = folder.Read();
            problems.AddRange(servers.Problems);
            terms = servers.Backends.Values.Select(backend => backend.Terms).OfType<RuleSource>();
        }

        return problems.Count > 0 ? new(problems.ToImmutable()) : new(new RuleSources(guardrails?.Value, terms));
    }
}
