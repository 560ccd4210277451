using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Missions.Parsing;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Layers;

/// <summary>Reads guardrails and backend terms: the source, or every problem at once. Rules are read by the parser that reads a mission's.</summary>
public static class RuleSourceParser
{
    private static readonly ImmutableArray<string> GuardrailKeys = ["owner", "labels", "declassify", "denials", "enforce", "rules"];
    private static readonly ImmutableArray<string> TermKeys = ["enforce", "rules"];

    /// <summary>Reads `guardrails.yaml`.</summary>
    public static Parsed<RuleSource> Guardrails(DocumentNode document) => Read(document, RuleSource.Guardrails, null);

    /// <param name="terms">The part of a backend's file that its owner's rules stand in: a map with `rules` and `enforce`.</param>
    public static Parsed<RuleSource> Terms(BackendId backend, DocumentNode.Map terms) => Read(terms, backend.Value, backend);

    /// <summary>Reads a source back from a link.</summary>
    internal static Parsed<RuleSource> Read(RecordedSource recorded, string chain)
    {
        var document = DocumentJson.Read(recorded.Document, $"{chain} ({recorded.Name})");
        if (!document.IsValid)
            return new(document.Problems);
        return Read(document.Value, recorded.Name, recorded.Name == RuleSource.Guardrails ? null : new BackendId(recorded.Name));
    }

    private static Parsed<RuleSource> Read(DocumentNode document, string name, BackendId? backend)
    {
        ArgumentNullException.ThrowIfNull(document);
        var problems = new ProblemList();
        if (MissionParser.TooDeep(document, MissionBounds.DocumentDepthMax) is { } deep)
            problems.Add(deep.Position, $"The document is nested deeper than {MissionBounds.DocumentDepthMax} levels.");
        else if (MapReader.Of(document, backend is null ? "a file of guardrails" : "a backend's terms", problems) is { } reader)
            return Read(reader, document, name, backend);
        return new(problems.ToImmutable());
    }

    private static Parsed<RuleSource> Read(MapReader reader, DocumentNode document, string name, BackendId? backend)
    {
        reader.RefuseOthers(backend is null ? GuardrailKeys : TermKeys);
        var owner = backend is null ? reader.RequiredText("owner", "who answers for the guardrails") ?? "" : null;
        if (backend is not null && name == RuleSource.Guardrails)
            reader.Problems.Add(reader.Position, $"A backend named `{name}` cannot have rules: their ids would be those of the guardrails.", "Rename the backend.");

        var author = backend is { } owned ? RuleAuthor.OwnerOf(owned) : RuleAuthor.Guardrails;
        var labels = LabelsWritten.Read(reader);
        var rules = RuleParser.Parse(reader, author, labels, owner);
        var denials = backend is null ? DenialLimitsParser.Parse(reader) : null;
        return reader.Problems.Count > 0 ? new(reader.Problems.ToImmutable()) : new(new RuleSource
        {
            Backend = backend,
            Rules = rules,
            Labels = labels.Lines,
            Denials = denials,
            Recorded = new RecordedSource(name, DocumentJson.Write(document)),
        });
    }
}
