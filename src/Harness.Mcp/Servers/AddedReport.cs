using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Probing;
using Spectre.Console;

namespace Harness.Mcp.Servers;

/// <summary>Says what was written of a new backend, what its tools seem to do, and what is left to its owner.</summary>
internal static class AddedReport
{
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="look">Null where nobody connected.</param>
    public static void Write(Terminal terminal, Home home, BackendFile file, BackendLook? look)
    {
        var path = Path.GetRelativePath(home.Root, file.PathIn(home));
        terminal.Line($"Written: {path}");
        if (look is not { Result: ProbeResult.Reached reached, Tools: { } tools })
        {
            terminal.Line("");
            terminal.Line($"Nobody has connected to it yet: `harness servers test {file.Name}` does. Its tools wait for `harness servers approve {file.Name}`, and count as the widest class until `{path}` says what they do.");
            return;
        }

        terminal.Line(reached.Transport == "openapi"
            ? $"Its document is {reached.Era.ProtocolVersion} and describes {Count(tools.Tools.Length)}."
            : $"It answers in revision {reached.Era.ProtocolVersion} and lists {Count(tools.Tools.Length)}.");
        foreach (var (operation, why) in reached.LeftOut)
            terminal.Line($"Its operation `{operation}` is no tool: {why}");
        if (reached.Transport == "sse")
            terminal.Line("It speaks HTTP+SSE (`sse`), a transport that MCP deprecated: where the server has a Streamable HTTP endpoint, mostly `/mcp`, use that.");
        if (reached.Junk is { } junk)
            terminal.Line($"It also writes other text than messages to its standard output (`{junk}`): let it log to its error stream.");
        foreach (var (tool, why) in tools.Refused)
            terminal.Line($"Its tool `{tool}` is kept out of the catalog: {why}");
        if (tools.Tools.IsEmpty)
            return;

        ImmutableArray<EffectProposal> proposals = [.. tools.Tools.Select(tool => EffectProposal.Of(tool.Definition.Json))];
        terminal.Line("");
        WriteTable(terminal, proposals);
        terminal.Line("");
        terminal.Line("Nothing of this is in force. Names and servers can err or lie, so each tool counts as the widest class (an effect of unknown kind, an untrusted");
        terminal.Line("result, arguments that may leave the enterprise) until its owner has written what it does:");
        terminal.Line("");
        terminal.Line($"1. Read the definitions and approve them: harness servers approve {file.Name}");
        terminal.Line($"2. Put into {path} what you can answer for. A start, which still trusts no result and lets every argument count as one that leaves:");
        terminal.Line("");
        WriteTerms(terminal, proposals);
        terminal.Line("");
        terminal.Line("   Name the arguments that say whom or what a call acts on (`targets`) and those that can carry data out (`content`). Without `labels` a result is");
        terminal.Line("   trusted, without `sinks` its arguments count as staying inside: take them away only where that is so.");
        terminal.Line($"3. See how it stands: harness servers test {file.Name}");
    }

    private static void WriteTable(Terminal terminal, ImmutableArray<EffectProposal> proposals)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var heading in (string[])["tool", "seems", "since", "arguments"])
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Dim))) { NoWrap = heading is "tool" or "seems" });
        foreach (var proposal in proposals)
            table.AddRow([.. new[]
            {
                proposal.Tool, proposal.Effect is { } effect ? EffectNames.Write(effect) : "?", proposal.Why, string.Join(", ", proposal.Arguments),
            }.Select(cell => new Text(Terminal.Visible(cell)))]);
        terminal.Rich.Write(table);
    }

    private static void WriteTerms(Terminal terminal, ImmutableArray<EffectProposal> proposals)
    {
        var known = proposals.Where(proposal => proposal.Effect is not null).ToList();
        terminal.Line("   \"tools\": {");
        foreach (var proposal in known)
        {
            var terms = new JsonObject
            {
                ["effect"] = EffectNames.Write(proposal.Effect ?? Effect.Unknown),
                ["labels"] = new JsonArray(LabelNames.Untrusted),
                ["sinks"] = new JsonArray(SinkNames.External),
            };
            terminal.Line($"     {JsonSerializer.Serialize(proposal.Tool, OneLine)}: {Spaced(terms)}{(proposal == known[^1] ? "" : ",")}");
        }

        terminal.Line("   }");
    }

    private static string Spaced(JsonObject terms) =>
        $"{{ {string.Join(", ", terms.Select(pair => $"\"{pair.Key}\": {pair.Value?.ToJsonString(OneLine)}"))} }}";

    private static string Count(int tools) => tools == 1 ? "1 tool" : $"{tools} tools";
}
