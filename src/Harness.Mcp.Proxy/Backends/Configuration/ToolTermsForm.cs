using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>Reads what an owner says of a tool, or of all tools that are not named (`defaults`).</summary>
internal static class ToolTermsForm
{
    private static readonly (string, Effect)[] Effects =
    [
        .. Enum.GetValues<Effect>().Where(effect => effect != Effect.Unknown).Select(effect => (EffectNames.Write(effect), effect)),
    ];

    /// <param name="defaults">Gives what the tool's own entry leaves out; null for none.</param>
    public static ToolTerms? Read(DocumentNode.Map map, string what, ToolTerms? defaults, List<Problem> problems)
    {
        var reader = new MapReader(map, what, problems);
        var effect = reader.Choice("effect", Effects) ?? defaults?.Effect;
        if (effect is null && map["effect"] is null)
            problems.Add(new Problem(map.Position, $"{what} has no `effect`.", $"Write one of {string.Join(", ", Effects.Select(pair => pair.Item1))}."));
        var numbers = reader.Choice("numbers", ("double", NumberForm.Double), ("exact", NumberForm.Exact)) ?? defaults?.Numbers ?? NumberForm.Double;
        return Read(map, reader, effect, defaults, problems) is { } terms ? terms with { Numbers = numbers } : null;
    }

    /// <summary>What an owner says of something that is always a read: a resource or a prompt.</summary>
    public static ToolTerms? OfRead(DocumentNode.Map map, string what, List<Problem> problems) =>
        Read(map, new MapReader(map, what, problems), Effect.Read, null, problems);

    private static ToolTerms? Read(DocumentNode.Map map, MapReader reader, Effect? effect, ToolTerms? defaults, List<Problem> problems)
    {
        var before = problems.Count;
        reader.Ignore("description");
        var targets = map["targets"] is null && defaults is not null ? defaults.Targets : Paths(reader, "targets", problems);
        var content = map["content"] is null && defaults is not null ? defaults.Content : Paths(reader, "content", problems);
        var sinks = map["sinks"] is null && defaults is not null ? defaults.Sinks : Labels(reader.Texts("sinks"), "sink", problems);
        var labels = map["labels"] is null && defaults is not null ? defaults.Labels : Labels(reader.Texts("labels"), "label", problems);
        var fields = map["fields"] is null && defaults is not null ? defaults.Fields : Fields(reader, problems);
        var results = reader.Choice("results", ("json", ResultForm.Json), ("yaml", ResultForm.Yaml)) ?? defaults?.Results ?? ResultForm.Json;
        var pin = Pin(reader, map, problems);
        reader.Ignore("targets", "content", "sinks", "labels", "fields");
        reader.RefuseUnknown();
        if (effect is not { } known || problems.Count > before)
            return null;

        return new ToolTerms
        {
            Effect = known,
            Targets = targets,
            Content = content,
            Sinks = sinks,
            Labels = labels,
            Fields = fields,
            Results = results,
            Pin = pin,
        };
    }

    private static ImmutableArray<FieldPath> Paths(MapReader reader, string key, List<Problem> problems)
    {
        var paths = ImmutableArray.CreateBuilder<FieldPath>();
        foreach (var text in reader.Texts(key))
        {
            if (FieldPath.Parse(text.Text) is { } path)
                paths.Add(path);
            else
                problems.Add(NotAPath(text.Position, text.Text));
        }

        return paths.ToImmutable();
    }

    private static ImmutableArray<FieldLabels> Fields(MapReader reader, List<Problem> problems)
    {
        var fields = ImmutableArray.CreateBuilder<FieldLabels>();
        foreach (var entry in reader.Map("fields")?.Entries ?? [])
        {
            if (FieldPath.Parse(entry.Key) is not { } path)
            {
                problems.Add(NotAPath(entry.KeyPosition, entry.Key));
                continue;
            }

            var item = new DocumentNode.Map(entry.Value.Position, [entry]);
            fields.Add(new FieldLabels(path, Labels(new MapReader(item, "`fields`", problems).Texts(entry.Key), "label", problems)));
        }

        return fields.ToImmutable();
    }

    public static ImmutableArray<string> Labels(ImmutableArray<DocumentNode.Scalar> texts, string kind, List<Problem> problems)
    {
        foreach (var text in texts)
            if (!Names.IsLabel(text.Text))
                problems.Add(new Problem(text.Position, $"`{text.Text}` cannot be a {kind}.", Names.LabelRule));
        return [.. texts.Select(text => text.Text).Distinct(StringComparer.Ordinal)];
    }

    private static Digest? Pin(MapReader reader, DocumentNode.Map map, List<Problem> problems)
    {
        if (reader.Text("pin") is not { } text)
            return null;
        if (Digest.TryParse(text, out var digest))
            return digest;
        problems.Add(new Problem(map["pin"]!.Position, "`pin` is not a digest.", "Copy the digest that `harness servers approve` shows: `sha-256:` and 64 hexadecimal digits."));
        return null;
    }

    private static Problem NotAPath(SourcePosition at, string text) =>
        new(at, $"`{text}` is not a path.", "Write names joined by dots, `[]` for every item of a list: `to`, `owner.mail`, `hosts[]`.");
}
