using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.Proxy.Layers;

/// <summary>`guardrails.yaml` of a home: the rules of the security team, for every mission.</summary>
public static class GuardrailsFile
{
    public const string Name = "guardrails.yaml";

    /// <summary>Spellings that somebody may take for the file's name, and that would then bind nobody.</summary>
    private static readonly string[] Mistaken = ["guardrails.yml", "guardrails.json", "guardrail.yaml"];

    /// <summary>The guardrails of a home, or every problem of the file; null where the home has none.</summary>
    /// <param name="home">Absolute path of the home.</param>
    public static Parsed<RuleSource>? Read(string home)
    {
        var path = Path.Combine(home, Name);
        if (File.Exists(path))
        {
            var document = YamlReader.ReadFile(path, Name);
            return document.IsValid ? RuleSourceParser.Guardrails(document.Value) : new(document.Problems);
        }

        foreach (var name in Mistaken)
            if (File.Exists(Path.Combine(home, name)))
                return new([new Problem(new SourcePosition(name, 0, 0), $"Guardrails are read from `{Name}` alone.", $"Rename the file to `{Name}`.")]);
        return null;
    }
}
