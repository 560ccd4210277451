using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.Proxy.Layers;

/// <summary>Guardrails and terms read once, for a command beside the proxy.</summary>
public static class RuleFiles
{
    /// <summary>
    /// Reads the rules alone: how backends are reached is the proxy's business, and may depend on an environment that a command does not have.
    /// </summary>
    /// <param name="home">Absolute path of the home.</param>
    /// <param name="serversFolder">Absolute path of `servers.config`; a home without one has no terms.</param>
    /// <returns>The sources, or every problem of all files: what cannot be read must not be left out.</returns>
    public static Parsed<RuleSources> Read(string home, string serversFolder)
    {
        var guardrails = GuardrailsFile.Read(home);
        var problems = new List<Problem>(guardrails?.Problems ?? []);
        var terms = new List<RuleSource>();
        try
        {
            foreach (var file in Directory.Exists(serversFolder) ? ServersFolder.Files(serversFolder) : [])
                if (Terms(file, serversFolder, problems) is { } source)
                    terms.Add(source);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problems.Add(new Problem(new SourcePosition(serversFolder, 0, 0), $"The folder cannot be read: {failure.Message}", "Check that this program may read it."));
        }

        return problems.Count > 0 ? new([.. problems]) : new(new RuleSources(guardrails?.Value, terms));
    }

    private static RuleSource? Terms(string file, string folder, List<Problem> problems)
    {
        var document = YamlReader.ReadFile(file, Path.Combine(Path.GetFileName(folder), Path.GetFileName(file)));
        problems.AddRange(document.Problems);
        return document.Value is DocumentNode.Map map && map["name"] is DocumentNode.Scalar { Kind: ScalarKind.String, Text: var name } && Names.IsBackend(name)
            ? OwnForm.Terms(map, name, problems)
            : null;
    }
}
