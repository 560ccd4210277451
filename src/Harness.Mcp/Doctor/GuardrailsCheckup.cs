using Harness.Mcp.Checking;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Layers;

namespace Harness.Mcp.Doctor;

/// <summary>`guardrails.yaml`, and how its rules and those of backends stand to each other and to the tools that there are.</summary>
internal static class GuardrailsCheckup
{
    public static void Run(Examination home)
    {
        var findings = home.Begin("guardrails");
        var path = Path.Combine(home.Home.Root, GuardrailsFile.Name);
        var guardrails = GuardrailsFile.Read(home.Home.Root);
        findings.Fail((guardrails?.Problems ?? []).Select(problem => problem with { Position = Placed(home, problem.Position) }));

        // What is wrong with the files of backends was said where they were read.
        home.Layers = HomeLayers.Read(home.Home, home.Tools);
        if (RuleFiles.Read(home.Home.Root, home.Home.Servers).IsValid)
            foreach (var finding in home.Layers.Findings)
                findings.Take(finding);

        if (findings.HasAny)
            return;
        if (guardrails?.Value is { } rules)
            findings.Ok($"{rules.Rules.Length} rule{(rules.Rules.Length == 1 ? " holds" : "s hold")} for every mission.", path);
        else
            findings.Ok($"There is no `{GuardrailsFile.Name}`: missions and backends alone set rules.");
    }

    private static SourcePosition Placed(Examination home, SourcePosition at) =>
        Path.IsPathRooted(at.File) ? at : at with { File = Path.Combine(home.Home.Root, at.File) };
}
