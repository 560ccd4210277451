using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads `then:`.</summary>
internal static class ThenParser
{
    private static readonly ImmutableArray<string> Keys = ["tools", "same", "within", "otherwise", "with"];

    public static Then? Parse(MapReader rule, MapReader form)
    {
        form.RefuseOthers(Keys, LaterVocabulary.Words);
        if (!rule.Has("on"))
            rule.Problems.Add(rule.PositionOf("then"), "`then` follows calls of some tools, and the rule has no `on`.", "Add `on: [backend/tool]`.");
        Demand(form, "tools", "the tools of which one must be called afterwards: `[backend/tool]`");
        Demand(form, "within", "the time until then, like `1h`");
        Demand(form, "otherwise", "`run` to have the proxy make the call itself, or `report`");

        var tools = Names.Selectors(form, "tools");
        var same = Names.Arguments(form, "same");
        var within = form.Duration("within", MissionBounds.DurationMin, MissionBounds.LifetimeMax);
        var otherwise = ReadOtherwise(form);
        var with = With(form, same, otherwise);
        if (otherwise == Otherwise.Run && !tools.IsEmpty && tools is not [{ Value: ToolSelector.ByName }])
            form.Problems.Add(form.PositionOf("tools"), "`otherwise: run` needs to know the one tool to call.", "Name one tool as `backend/tool`, or write `otherwise: report`.");
        return tools.IsEmpty || within is null || otherwise is null ? null : new Then(tools, same, within.Value, otherwise.Value, with);
    }

    private static Otherwise? ReadOtherwise(MapReader form)
    {
        switch (form.Text("otherwise"))
        {
            case "run":
                return Otherwise.Run;
            case "report":
                return Otherwise.Report;
            case { } other:
                form.Problems.Add(form.Find("otherwise")!.Position, $"`{other}` is nothing that the proxy can do.", Suggest.Remedy(other, ["run", "report"]));
                return null;
            default:
                return null;
        }
    }

    private static JsonElement? With(MapReader form, ImmutableArray<FieldPath> same, Otherwise? otherwise)
    {
        if (form.Map("with") is not { } with)
            return null;

        if (otherwise == Otherwise.Report)
            form.Problems.Add(form.PositionOf("with"), "`with` is for the proxy's own call, and `otherwise: report` makes none.", "Remove it, or write `otherwise: run`.");
        foreach (var entry in with.Entries)
            if (same.Any(path => string.Equals(path.Root, entry.Key, StringComparison.Ordinal)))
                form.Problems.Add(entry.KeyPosition, $"`{entry.Key}` takes its value from the first call already.", "Remove it from `same` or from `with`.");
        return MapReader.Json(form.Find("with")!);
    }

    private static void Demand(MapReader form, string key, string meaning)
    {
        if (!form.Has(key))
            form.Problems.Add(form.Position, $"`{key}` is missing.", $"Add `{key}:`, {meaning}.");
    }
}
