using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Missions.Parsing;

namespace Harness.Mcp.Core.Rules.Explaining;

/// <summary>The rules of any document that has a list of them: a mission, or a file of rules alone.</summary>
public sealed record RulesDocument(ImmutableArray<Rule> Rules)
{
    /// <summary>A document with a `mission` is read as one, whole; of any other, `rules` alone is read, since whoever owns it checks the rest.</summary>
    public static Parsed<RulesDocument> Parse(DocumentNode document)
    {
        ArgumentNullException.ThrowIfNull(document);
        if (document is DocumentNode.Map map && map["mission"] is not null)
        {
            var mission = MissionParser.Parse(document);
            return mission.IsValid ? new(new RulesDocument(mission.Value.Rules)) : new(mission.Problems);
        }

        var problems = new ProblemList();
        if (MapReader.Of(document, "a document with rules", problems) is { } reader)
        {
            if (!reader.Has("rules"))
                problems.Add(reader.Position, "The document has no `rules`.", "Name a mission, or a file with a list of `rules`.");
            var rules = RuleParser.Parse(reader, RuleAuthor.Mission, LabelsWritten.Read(reader), reader.Text("owner") ?? "the owner");
            if (problems.Count == 0)
                return new(new RulesDocument(rules));
        }

        return new(problems.ToImmutable());
    }
}
