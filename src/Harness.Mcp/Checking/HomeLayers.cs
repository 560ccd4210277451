using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.Proxy.Layers;

namespace Harness.Mcp.Checking;

/// <summary>The guardrails and terms of a home, as a mission opened now would meet them, and what is wrong with them alone.</summary>
internal sealed class HomeLayers
{
    private readonly Home? _home;

    private HomeLayers(Home? home) => _home = home;

    public static HomeLayers None { get; } = new(home: null);

    public RuleSources Sources { get; private init; } = RuleSources.None;

    /// <summary>1 where the home has `guardrails.yaml`.</summary>
    public int GuardrailFiles { get; private init; }

    /// <summary>How many files of `servers.config` have rules.</summary>
    public int TermFiles => Sources.All.Count(source => source.Backend is not null);

    public ImmutableArray<Finding> Findings { get; private init; } = [];

    /// <summary>A file that cannot be read is an error; no other file makes up for it, so missions are then checked without any.</summary>
    public static HomeLayers Read(Home home, KnownTools catalog)
    {
        var rules = RuleFiles.Read(home.Root, home.Servers);
        var findings = rules.IsValid ? LayersCheck.Against(rules.Value, catalog) : [.. rules.Problems.Select(FileFindings.Of)];
        return new HomeLayers(home)
        {
            Sources = rules.Value ?? RuleSources.None,
            GuardrailFiles = File.Exists(Path.Combine(home.Root, GuardrailsFile.Name)) ? 1 : 0,
            Findings = [.. findings.Select(new HomeLayers(home).Placed)],
        };
    }

    /// <summary>The readers name these files as they lie in the home; wherever that is, people and programs must find them.</summary>
    public Finding Placed(Finding finding) => finding with { Position = Placed(finding.Position), Related = [.. finding.Related.Select(Placed)] };

    private SourcePosition Placed(SourcePosition at)
    {
        if (_home is not { } home)
            return at;
        if (at.File == GuardrailsFile.Name)
            return at with { File = Path.Combine(home.Root, at.File) };
        return Path.GetDirectoryName(at.File) == Path.GetFileName(home.Servers)
            ? at with { File = Path.Combine(home.Servers, Path.GetFileName(at.File)) }
            : at;
    }
}
