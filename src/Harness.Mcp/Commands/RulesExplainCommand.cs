using System.CommandLine;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules.Explaining;
using Harness.Mcp.Proxy.Documents;
using Spectre.Console;

namespace Harness.Mcp.Commands;

/// <summary>`harness rules explain FILE`: each rule in a sentence, in CEL, with what it keeps of the chain and what it costs.</summary>
internal static class RulesExplainCommand
{
    private const string Description =
        """
        Explain every rule of a mission, or of another file with `rules`: its meaning in a sentence and in CEL (the expression that a call must make
        true), the state that it keeps of the chain, and its cost for each call, for each link, and in memory.

        Examples:
          harness rules explain missions/contain-account.yaml
          harness rules explain guardrails.yaml --format json
        """;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A mission document, or another YAML or JSON file with a list of `rules`." };
        var format = new FormatOption(OutputFormat.Text, OutputFormat.Json);
        var command = new Command("explain", Description) { file, format };
        command.SetAction(result => Run(Terminal.Of(result), result.GetRequiredValue(file), result.GetValue(format)));
        return command;
    }

    private static int Run(Terminal terminal, string file, OutputFormat format)
    {
        var document = YamlReader.ReadFile(file, file);
        var rules = document.IsValid ? RulesDocument.Parse(document.Value) : new Parsed<RulesDocument>(document.Problems);
        if (!rules.IsValid)
            return terminal.Fail(File.Exists(file) ? ExitCodes.Refused : ExitCodes.Unable, rules.Problems);

        RuleExplanation[] explained = [.. rules.Value.Rules.Select(RuleExplanation.Of)];
        if (format == OutputFormat.Json)
            terminal.Json(writer => Write(explained, writer));
        else if (explained.Length == 0)
            terminal.Line("There are no rules.");
        else
            foreach (var rule in explained)
                Print(rule, terminal);
        return ExitCodes.Done;
    }

    private static void Print(RuleExplanation rule, Terminal terminal)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn(new TableColumn("") { NoWrap = true });
        table.AddColumn(new TableColumn(""));
        Row("means", rule.Meaning);
        Row("in CEL", rule.Cel ?? rule.WhyNoCel!);
        if (rule.Keeps.IsEmpty)
            Row("keeps", "nothing");
        foreach (var kept in rule.Keeps)
            Row("keeps", kept);
        Row("costs", $"a call: {rule.PerCall}; a link: {rule.PerLink}; memory: {rule.Memory}");

        terminal.Rich.Write(new Text(Terminal.Visible(rule.Id.Value), new Style(decoration: Decoration.Bold)));
        terminal.Rich.WriteLine();
        terminal.Rich.Write(new Padder(table, new Padding(2, 0, 0, 1)));

        void Row(string name, string text) => table.AddRow(new Text(name, new Style(decoration: Decoration.Dim)), new Text(Terminal.Visible(text)));
    }

    private static void Write(RuleExplanation[] rules, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("rules");
        foreach (var rule in rules)
        {
            writer.WriteStartObject();
            writer.WriteString("id", rule.Id.Value);
            writer.WriteString("meaning", rule.Meaning);
            if (rule.Cel is { } cel)
                writer.WriteString("cel", cel);
            else
                writer.WriteString("whyNoCel", rule.WhyNoCel);
            writer.WriteStartArray("keeps");
            foreach (var kept in rule.Keeps)
                writer.WriteStringValue(kept);
            writer.WriteEndArray();
            writer.WriteStartObject("cost");
            writer.WriteString("call", rule.PerCall);
            writer.WriteString("link", rule.PerLink);
            writer.WriteString("memory", rule.Memory);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
