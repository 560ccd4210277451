using System.Collections.Immutable;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads who may approve what: `approval` of a grant, and `unless: approved` of a flow.</summary>
internal static class ApprovalParser
{
    private const string Approved = "approved";

    private static readonly ImmutableArray<string> Keys = ["by", "when", "within"];

    public static GrantApproval? OfGrant(MapReader grant)
    {
        if (grant.Map("approval") is not { } reader)
            return null;

        reader.RefuseOthers(Keys, LaterVocabulary.Words);
        if (!reader.Has("by"))
            reader.Problems.Add(reader.Position, "`approval` asks nobody.", "Add `by: [NAME]`, the people or roles of whom one must approve.");
        return new GrantApproval(Terms(reader, ""), Conditions.Parse(reader, "when"));
    }

    /// <param name="owner">Who approves where the rule names nobody.</param>
    public static ApprovalTerms? OfFlow(MapReader flow, string owner)
    {
        if (!flow.Has("unless"))
        {
            foreach (var key in (ReadOnlySpan<string>)["by", "within"])
                if (flow.Has(key))
                    flow.Problems.Add(flow.PositionOf(key), $"`{key}` says how an approval is given, and this rule asks for none.", "Add `unless: approved`, or remove it.");
            return null;
        }

        if (flow.Text("unless") is { } unless && unless != Approved)
            flow.Problems.Add(flow.Find("unless")!.Position, $"`{unless}` is no exception that a flow can have.", $"Write `unless: {Approved}`.");
        return Terms(flow, owner);
    }

    /// <summary>One text for each part of what a grant asks, so that two grants can be compared.</summary>
    public static IEnumerable<string> Words(Grant grant) => grant.Approval is not { } approval
        ? []
        : approval.Terms.By.Select(name => $"by {name}").Append($"within {approval.Terms.Within}").Append($"when {approval.When?.Source}");

    private static ApprovalTerms Terms(MapReader reader, string owner)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var (name, at) in reader.Texts("by"))
        {
            if (names.Contains(name))
                reader.Problems.Add(at, $"`{name}` stands twice in the list.", "Remove one of them.");
            else
                names.Add(name);
        }

        if (names.Count > MissionBounds.ApproversMax)
            reader.Problems.Add(reader.PositionOf("by"), $"At most {MissionBounds.ApproversMax} names may approve one thing.", "Name a role instead of its people.");
        var within = reader.Duration("within", MissionBounds.DurationMin, MissionBounds.LifetimeMax);
        return new ApprovalTerms(reader.Has("by") ? names.ToImmutable() : [owner], within ?? ApprovalTerms.WithinDefault);
    }
}
