using System.Text.Json.Nodes;
using Harness.Mcp.AgentDojo.Corpus;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.AgentDojo.Authoring;

/// <summary>Writes a suite's file of `servers.config`: what the owner of its tools would say of them.</summary>
internal static class BackendAuthor
{
    public static string Write(Suite suite)
    {
        var shapes = new ResultShapes(suite.File);
        var movesMoney = suite.Classes.Values.Any(known => known.Effect == "money");
        var tools = new JsonObject();
        foreach (var (name, known) in suite.Classes.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            tools[name] = Terms(known, shapes.Of(name), movesMoney);

        var document = new JsonObject
        {
            ["name"] = Slug.Of(suite.Name),
            ["description"] = $"The tools of the suite {suite.Name}. Written by `generate` from tool-classes.json; nothing connects to it in a replay.",
            ["owner"] = "corpus@harness.example",
            ["domain"] = Slug.Of(suite.Name),
            ["url"] = "http://127.0.0.1:9/mcp",
            ["defaults"] = new JsonObject { ["effect"] = "admin", ["labels"] = new JsonArray("untrusted"), ["sinks"] = new JsonArray("external"), ["results"] = "yaml" },
            ["tools"] = tools,
        };
        return CompactJson.Write(document, depth: 2);
    }

    /// <summary>
    /// A fetch sends its address out and brings a stranger's text back, but carries nothing else and changes nothing: it is a read, whose address
    /// must be known like every target.
    /// </summary>
    public static bool IsFetch(ToolClass known) => known is { Effect: "egress", IsUntrusted: true, Content.Count: 0 };

    public static bool IsRead(ToolClass known) => !known.IsEffect || IsFetch(known);

    private static JsonObject Terms(ToolClass known, IEnumerable<ResultField> fields, bool movesMoney)
    {
        var terms = new JsonObject { ["effect"] = Effect(known) };
        Add(terms, "targets", known.Target);
        Add(terms, "content", known.Content);
        Add(terms, "sinks", Sinks(known));
        Add(terms, "labels", Labels(known));
        var own = new JsonObject();
        foreach (var field in fields)
        {
            var isTrusted = known.IsUntrusted && FieldTrust.IsTrusted(field);
            var isAccount = movesMoney && FieldTrust.IsParty(field);
            if (isTrusted || isAccount)
                own[field.Path] = new JsonArray([.. Labels(known).Where(label => !isTrusted || label != "untrusted").Concat(isAccount ? ["account"] : (string[])[]).Select(label => JsonValue.Create(label))]);
        }

        if (own.Count > 0)
            terms["fields"] = own;

        return terms;
    }

    private static string Effect(ToolClass known) => known.Effect switch
    {
        _ when IsRead(known) => "read",
        "modify" => "write",
        "egress" or "message" => "send",
        var same => EffectNames.Parse(same) is null ? "admin" : same,
    };

    private static string[] Sinks(ToolClass known) => known.Effect switch
    {
        "egress" or "money" => ["external"],
        "message" => ["internal"],
        _ => [],
    };

    private static string[] Labels(ToolClass known) =>
        [.. known.IsUntrusted ? ["untrusted"] : (string[])[], .. known.Confidentiality == "public" ? [] : (string[])[Slug.Of(known.Confidentiality)]];

    /// <summary>Written even where it is empty if `defaults` would say something else.</summary>
    private static void Add(JsonObject terms, string key, IReadOnlyList<string> values)
    {
        if (values.Count > 0 || key is "sinks" or "labels")
            terms[key] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
    }
}
