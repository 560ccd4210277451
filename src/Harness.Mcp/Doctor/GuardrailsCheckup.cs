using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Proxy.Layers;

namespace Harness.Mcp.Doctor;

/// <summary>`guardrails.yaml` and how it stands to the rules of backends and missions.</summary>
internal static class GuardrailsCheckup
{
    public static void Run(Examination home)
    {
        var findings = home.Begin("guardrails");
        var path = Path.Combine(home.Home.Root, GuardrailsFile.Name);
        var guardrails = GuardrailsFile.Read(home.Home.Root);
        findings.Fail((guardrails?.Problems ?? []).Select(problem => Placed(home, problem)));

        // What is wrong with the files of backends was said where they were read.
        if (RuleFiles.Read(home.Home.Root, home.Home.Servers) is { IsValid: true, Value: var sources })
        {
            findings.Warn(LayerFindings.Of(sources).Select(problem => Placed(home, problem)));
            foreach (var name in home.Templates)
                if (HomeTemplates.Find(home.Home, name) is { IsValid: true, Value: var template })
                    findings.Warn(LayerFindings.Of(template, sources).Select(problem => Placed(home, problem)));
        }

        if (findings.HasAny)
            return;
        if (guardrails?.Value is { } rules)
            findings.Ok($"{rules.Rules.Length} rule{(rules.Rules.Length == 1 ? " holds" : "s hold")} for every mission.", path);
        else
            findings.Ok($"There is no `{GuardrailsFile.Name}`: missions and backends alone set rules.");
    }

    private static Problem Placed(Examination home, Problem problem)
    {
        var file = problem.Position.File;
        if (Path.IsPathRooted(file))
            return problem;
        var isOfServers = file.StartsWith(Path.GetFileName(home.Home.Servers) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        return problem with { Position = problem.Position with { File = Path.Combine(isOfServers ? home.Home.BackendsRoot : home.Home.Root, file) } };
    }
}
