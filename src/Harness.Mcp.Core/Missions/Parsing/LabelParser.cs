using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads `labels:` and `declassify:`.</summary>
internal static class LabelParser
{
    private const string Form = "Write labels from the least to the most restricted: `public < internal < secret`, or `trusted > untrusted`.";

    public static ImmutableArray<LabelLine> Lines(MapReader document)
    {
        var lines = ImmutableArray.CreateBuilder<LabelLine>();
        foreach (var (text, at) in document.Texts("labels"))
            if (Line(text, at, document.Problems) is { } line)
            {
                CheckAgainst(lines, line, at, document.Problems);
                lines.Add(line);
            }

        return lines.ToImmutable();
    }

    public static ImmutableArray<Declassifier> Declassifiers(MapReader document)
    {
        var items = document.Find("declassify") switch
        {
            null => [],
            DocumentNode.Map one => [one],
            _ => document.Items("declassify"),
        };
        var declassifiers = ImmutableArray.CreateBuilder<Declassifier>();
        foreach (var item in items)
        {
            if (MapReader.Of(item, "an item of `declassify`", document.Problems) is not { } reader)
                continue;
            reader.RefuseOthers(["label", "by"]);
            if (!reader.Has("by"))
                reader.Problems.Add(reader.Position, "An item of `declassify` lacks `by`.", "Add `by: [backend/tool]`, the tools that clear the label.");
            var label = reader.RequiredText("label", "the label that is cleared");
            var by = Names.Selectors(reader, "by");
            foreach (var selector in by)
                if (selector.Value is not ToolSelector.ByName)
                    reader.Problems.Add(selector.Position, $"`{selector.Value}` selects a class of tools, and a label is cleared by named tools alone.", "Write each as `backend/tool`.");
            if (label is not null)
                Names.DemandName(label, "A label", reader.Find("label")!.Position, reader.Problems);
            if (label is not null && !by.IsEmpty)
                declassifiers.Add(new Declassifier(label, by));
        }

        return declassifiers.ToImmutable();
    }

    private static LabelLine? Line(string text, SourcePosition at, ProblemList problems)
    {
        var isIntegrity = text.Contains('>', StringComparison.Ordinal);
        if (isIntegrity && text.Contains('<', StringComparison.Ordinal))
        {
            problems.Add(at, $"`{text}` has both `<` and `>`.", "Give confidentiality (`<`) and integrity (`>`) a line each.");
            return null;
        }

        var labels = text.Split(isIntegrity ? '>' : '<', StringSplitOptions.TrimEntries);
        if (labels.Length < 2 || !labels.All(Names.IsName))
        {
            problems.Add(at, $"`{text}` is no order of labels.", Form);
            return null;
        }

        if (labels.Distinct(StringComparer.Ordinal).Count() == labels.Length)
            return new LabelLine([.. labels], isIntegrity);
        problems.Add(at, $"`{text}` names a label twice.", Form);
        return null;
    }

    private static void CheckAgainst(ImmutableArray<LabelLine>.Builder lines, LabelLine line, SourcePosition at, ProblemList problems)
    {
        var order = new LabelOrder(lines);
        foreach (var label in line.Labels)
            if (order.IsIntegrity(label) is { } isIntegrity && isIntegrity != line.IsIntegrity)
                problems.Add(at, $"`{label}` stands in a line of integrity and in one of confidentiality.", "Use two labels.");

        for (var place = 0; place < line.Labels.Length; place++)
            for (var right = place + 1; right < line.Labels.Length; right++)
                if (order.AtLeast(line.Labels[right]).Contains(line.Labels[place], StringComparer.Ordinal))
                {
                    problems.Add(at, $"`{line.Labels[place]}` stands before `{line.Labels[right]}` here, and after it by the lines above.", "Turn one of them round.");
                    return;
                }
    }
}
