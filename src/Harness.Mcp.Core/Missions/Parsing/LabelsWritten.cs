using System.Collections.Immutable;
using System.Text;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>What one document says of labels, for the `flow` rules that stand in it.</summary>
internal sealed record LabelsWritten(ImmutableArray<LabelLine> Lines, ImmutableArray<Declassifier> Declassifiers, string DeclassifyText)
{
    public LabelOrder Order { get; } = new(Lines);

    public static LabelsWritten Read(MapReader document) => new(
        LabelParser.Lines(document),
        LabelParser.Declassifiers(document),
        document.Find("declassify") is { } node ? MapReader.Json(node).GetRawText() : "");

    /// <summary>What was written of a flow rule: without its declassifiers it would be another rule.</summary>
    public Digest Digest(DocumentNode rule, Flow flow)
    {
        var digest = Json.Digest.Of(DocumentJson.Write(rule));
        return flow.ClearedBy.IsEmpty ? digest : Json.Digest.Of(Encoding.UTF8.GetBytes(digest.Value + DeclassifyText));
    }
}
