using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads `flow:`.</summary>
internal static class FlowParser
{
    public static Flow? Parse(MapReader form, LabelsWritten labels, string? owner)
    {
        form.RefuseOthers(["label", "from", "to", "unless", "by", "within"]);
        var isIntegrity = form.Has("from");
        if (isIntegrity && form.Has("label"))
            form.Problems.Add(form.PositionOf("from"), "`flow` has either `label`, which must not leave, or `from`, which must not influence.", "Split it into two rules.");
        var label = isIntegrity ? form.Text("from") : form.RequiredText("label", "the label that must not leave");
        var to = form.RequiredText("to", "the sink it must not reach, like `external`, or tools, like `effect:destructive`");
        if (label is not null)
            CheckLabel(form, label, isIntegrity, labels);

        var tools = to is null ? null : Tools(form, to);
        var unless = ApprovalParser.OfFlow(form, owner);
        if (label is null || to is null)
            return null;
        var flow = new Flow(label, isIntegrity, to, tools).Under(labels.Order);
        return flow with
        {
            Unless = unless,
            ClearedBy = [.. labels.Declassifiers.Where(declassifier => flow.Barred.Contains(declassifier.Label, StringComparer.Ordinal))],
        };
    }

    private static void CheckLabel(MapReader form, string label, bool isIntegrity, LabelsWritten labels)
    {
        var at = form.Find(isIntegrity ? "from" : "label")!.Position;
        Names.DemandName(label, "A label", at, form.Problems);
        if (labels.Order.IsIntegrity(label) is { } ordered && ordered != isIntegrity)
            form.Problems.Add(
                at,
                $"`{label}` is ordered by {(ordered ? "integrity" : "confidentiality")}.",
                ordered ? $"Write `from: {label}`." : $"Write `label: {label}`.");
    }

    private static Placed<ToolSelector>? Tools(MapReader form, string to)
    {
        var at = form.Find("to")!.Position;
        if (to.AsSpan().IndexOfAny('/', ':') < 0)
        {
            Names.DemandName(to, "A sink", at, form.Problems);
            return null;
        }

        if (ToolSelector.Parse(to) is { } selector)
            return new Placed<ToolSelector>(selector, at);
        form.Problems.Add(at, $"`{to}` is neither a sink nor a selector of tools.", "Write a sink like `external`, or `backend/tool`, `backend/*`, `domain:NAME` or `effect:NAME`.");
        return null;
    }
}
