using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.Checking;

/// <summary>
/// A catalog as a file, so that missions can be checked where no backend runs: `{ "tools": [{ "tool": "backend/tool", "domain": …, "terms": {…},
/// "inputSchema": {…}, "outputSchema": {…}, "asks": {…} }] }`. Terms and asks are those of `servers.config`; a tool without terms is one that its owner has not described.
/// </summary>
internal static class CatalogFile
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n" };

    public static Parsed<KnownTools> Read(string file)
    {
        var document = YamlReader.ReadFile(file, file);
        if (!document.IsValid)
            return new(document.Problems);

        var problems = new List<Problem>();
        var tools = ImmutableArray.CreateBuilder<KnownTool>();
        if (document.Value is DocumentNode.Map map && map["tools"] is DocumentNode.List list)
            foreach (var item in list.Items)
            {
                if (item is not DocumentNode.Map entry)
                    problems.Add(new Problem(item.Position, "A tool must be an object."));
                else if (ReadTool(entry, problems) is not { } tool)
                    continue;
                else if (tools.Any(known => known.Id == tool.Id))
                    problems.Add(new Problem(item.Position, $"`{tool.Id}` stands twice in the catalog.", "Remove one of them."));
                else
                    tools.Add(tool);
            }
        else
            problems.Add(new Problem(document.Value.Position, "A catalog is an object with a list of `tools`.", "Write one with `harness servers catalog`."));
        return problems.Count == 0 ? new(new KnownTools(tools.ToImmutable(), [])) : new([.. problems]);
    }

    public static void Write(KnownTools catalog, Stream output)
    {
        using var writer = new Utf8JsonWriter(output, Indented);
        writer.WriteStartObject();
        writer.WriteStartArray("tools");
        foreach (var tool in catalog.Tools.OrderBy(tool => tool.Id.ToString(), StringComparer.Ordinal))
            WriteTool(tool, writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static KnownTool? ReadTool(DocumentNode.Map entry, List<Problem> problems)
    {
        var before = problems.Count;
        var reader = new MapReader(entry, "A tool", problems);
        var name = reader.RequiredText("tool", "Write `backend/tool`.");
        var domain = reader.RequiredText("domain", "Name the backend's domain.");
        var terms = reader.Map("terms") is { } said ? ToolTermsForm.Read(said, $"Tool `{name}`", null, problems) : null;
        var (input, output) = (reader.Map("inputSchema"), reader.Map("outputSchema"));
        var asks = reader.Map("asks") is { } asked ? AsksForm.Read(asked, problems) : AskTerms.Default;
        reader.RefuseUnknown();
        if (name is not null && ToolSelector.Parse(name) is not ToolSelector.ByName)
            problems.Add(new Problem(entry["tool"]!.Position, $"`{name}` does not name one tool.", "Write `backend/tool`."));
        if (problems.Count > before)
            return null;

        var id = ((ToolSelector.ByName)ToolSelector.Parse(name!)!).Tool;
        var facts = terms is null ? ToolFacts.Widest(id, domain!, Digest.Zero) : terms.FactsOf(id, domain!, Digest.Zero);
        return new KnownTool(facts, Schema(input), Schema(output), terms is not null) { AnswerLabels = asks.Labels, PageHosts = asks.Hosts };
    }

    private static JsonElement? Schema(DocumentNode? node) => node is null ? null : DocumentJson.Write(node);

    private static void WriteTool(KnownTool tool, Utf8JsonWriter writer)
    {
        var facts = tool.Facts;
        writer.WriteStartObject();
        writer.WriteString("tool", facts.Id.ToString());
        writer.WriteString("domain", facts.Domain);
        if (tool.IsDescribed)
        {
            writer.WriteStartObject("terms");
            writer.WriteString("effect", EffectNames.Write(facts.Effect));
            WriteTexts("targets", facts.Targets.Select(path => path.Text), writer);
            WriteTexts("content", facts.Content.Select(path => path.Text), writer);
            WriteTexts("sinks", facts.Sinks, writer);
            WriteTexts("labels", facts.Labels.Whole, writer);
            if (!facts.Labels.Fields.IsEmpty)
            {
                writer.WriteStartObject("fields");
                foreach (var field in facts.Labels.Fields)
                    WriteTexts(field.Path.Text, field.Labels, writer);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        if (tool.InputSchema is { } input)
            WriteJson("inputSchema", input, writer);
        if (tool.OutputSchema is { } output)
            WriteJson("outputSchema", output, writer);
        WriteAsks(tool, writer);
        writer.WriteEndObject();
    }

    private static void WriteAsks(KnownTool tool, Utf8JsonWriter writer)
    {
        var isDefault = tool.AnswerLabels.SequenceEqual(AskTerms.Default.Labels, StringComparer.Ordinal);
        if (isDefault && tool.PageHosts.IsEmpty)
            return;
        writer.WriteStartObject("asks");
        if (!isDefault)
        {
            writer.WriteStartArray("labels"); // None at all says something too.
            foreach (var label in tool.AnswerLabels)
                writer.WriteStringValue(label);
            writer.WriteEndArray();
        }

        WriteTexts("hosts", tool.PageHosts, writer);
        writer.WriteEndObject();
    }

    private static void WriteTexts(string key, IEnumerable<string> texts, Utf8JsonWriter writer)
    {
        var all = texts.ToList();
        if (all.Count == 0)
            return;
        writer.WriteStartArray(key);
        foreach (var text in all)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }

    private static void WriteJson(string key, JsonElement value, Utf8JsonWriter writer)
    {
        writer.WritePropertyName(key);
        value.WriteTo(writer);
    }
}
