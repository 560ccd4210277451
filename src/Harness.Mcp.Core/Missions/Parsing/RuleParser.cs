using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads `rules:`.</summary>
internal static class RuleParser
{
    private static readonly ImmutableArray<string> Forms =
        ["before", "never-after", "budget", "window", "wall", "flow", "carry", "then", "require", "forbid"];

    private static readonly ImmutableArray<string> Keys = ["id", "on", "when", "say", .. Forms];

    /// <param name="owner">The mission's owner, who approves where a rule names nobody.</param>
    public static ImmutableArray<Rule> Parse(MapReader mission, string owner)
    {
        var items = mission.Items("rules");
        if (items.Length > MissionBounds.RulesMax)
            mission.Problems.Add(mission.PositionOf("rules"), $"A mission has at most {MissionBounds.RulesMax} rules.");

        var rules = ImmutableArray.CreateBuilder<Rule>();
        var ids = new Dictionary<string, SourcePosition>(StringComparer.Ordinal);
        foreach (var item in items)
            if (ParseOne(item, ids, owner, mission.Problems) is { } rule)
                rules.Add(rule);
        return rules.ToImmutable();
    }

    private static Rule? ParseOne(DocumentNode item, Dictionary<string, SourcePosition> ids, string owner, ProblemList problems)
    {
        if (MapReader.Of(item, "a rule", problems) is not { } reader)
            return null;

        reader.RefuseOthers(Keys, LaterVocabulary.Words);
        var id = Id(reader, ids);
        var on = Names.Selectors(reader, "on");
        var when = Conditions.Parse(reader, "when");
        var say = reader.Text("say");
        var form = Form(reader, owner);
        return id is null || form is null ? null : new Rule
        {
            Id = new RuleId(id),
            On = on,
            When = when,
            Form = form,
            Say = say,
            Position = reader.Position,
        };
    }

    private static string? Id(MapReader reader, Dictionary<string, SourcePosition> ids)
    {
        if (reader.RequiredText("id", "by which denials and traces name the rule") is not { } id)
            return null;

        var at = reader.Find("id")!.Position;
        Names.DemandName(id, "The id of a rule", at, reader.Problems);
        if (!ids.TryAdd(id, at))
            reader.Problems.Add(at, $"Another rule has the id `{id}` already{(ids[id].Line > 0 ? $", on line {ids[id].Line}" : "")}.", "Give each rule an id of its own.");
        return id;
    }

    private static RuleForm? Form(MapReader reader, string owner)
    {
        var named = Forms.Where(reader.Has).ToList();
        if (named.Count == 1)
            return Form(reader, named[0], owner);

        // A word of a later version is reported by its name; that the rule is empty without it helps nobody.
        if (named.Count > 1)
            reader.Problems.Add(reader.PositionOf(named[1]), $"A rule asks one thing, and this one has {MapReader.Words(named)}.", "Split it into one rule each.");
        else if (!reader.Entries.Any(entry => !Keys.Contains(entry.Key, StringComparer.Ordinal)))
            reader.Problems.Add(reader.Position, "A rule asks nothing.", $"Add one of {MapReader.Words(Forms)}.");
        return null;
    }

    private static RuleForm? Form(MapReader rule, string key, string owner)
    {
        if (key is "require" or "forbid")
            return Conditions.Parse(rule, key) is { } condition ? new Condition(condition, IsForbidden: key == "forbid") : null;
        if (rule.Map(key) is not { } form)
            return null;
        return key switch
        {
            "before" => Before(form),
            "never-after" => NeverAfter(form),
            "budget" => Budget(form),
            "window" => Window(form),
            "wall" => Wall(form),
            "carry" => Carry(form),
            "then" => ThenParser.Parse(rule, form),
            _ => Flow(form, owner),
        };
    }

    private static Before? Before(MapReader form)
    {
        form.RefuseOthers(["tools", "same", "within"], LaterVocabulary.Words);
        Demand(form, "tools", "the tools of which one must have been called: `[backend/tool]`");
        var (tools, same) = (Names.Selectors(form, "tools"), Names.Arguments(form, "same"));
        var within = form.Duration("within", MissionBounds.DurationMin, MissionBounds.LifetimeMax);
        return tools.IsEmpty ? null : new Before(tools, same, within);
    }

    private static NeverAfter? NeverAfter(MapReader form)
    {
        form.RefuseOthers(["tools", "same"], LaterVocabulary.Words);
        Demand(form, "tools", "the tools after which the call is not allowed: `[backend/tool]`");
        var (tools, same) = (Names.Selectors(form, "tools"), Names.Arguments(form, "same"));
        return tools.IsEmpty ? null : new NeverAfter(tools, same);
    }

    private static Budget? Budget(MapReader form)
    {
        form.RefuseOthers(["max", "distinct", "sum", "per"], LaterVocabulary.Words);
        Demand(form, "max", "how much is allowed over the whole mission");
        if (form.Has("distinct") && form.Has("sum"))
            form.Problems.Add(form.PositionOf("sum"), "A budget counts either `distinct` values or a `sum`.", "Split it into two rules.");

        var measure = form.Has("sum") ? BudgetMeasure.Sum : form.Has("distinct") ? BudgetMeasure.Distinct : BudgetMeasure.Calls;
        var argument = measure == BudgetMeasure.Calls ? null : Names.CallArgument(form, measure == BudgetMeasure.Sum ? "sum" : "distinct");
        if (form.Find("per") is DocumentNode.Scalar per && DurationText.Parse(per.Text) is not null)
        {
            form.Problems.Add(per.Position, "A budget holds for the whole mission.", $"Write `window: {{ max: …, per: {per.Text} }}` for calls in a span of time.");
            return null;
        }

        var perArgument = Names.CallArgument(form, "per");
        var max = measure switch
        {
            BudgetMeasure.Sum => Amount(form, "max"),
            BudgetMeasure.Distinct => form.Integer("max", 1, MissionBounds.RuleKeysMax),
            _ => form.Integer("max", 1, MissionBounds.BudgetCallsMax),
        };
        return max is null ? null : new Budget(measure, argument, max.Value, perArgument);
    }

    private static Window? Window(MapReader form)
    {
        form.RefuseOthers(["max", "per"], LaterVocabulary.Words);
        Demand(form, "max", "how many calls are allowed in the span");
        Demand(form, "per", "the span, like `1m`");
        var max = form.Integer("max", 1, MissionBounds.WindowCallsMax);
        var per = form.Duration("per", MissionBounds.DurationMin, MissionBounds.LifetimeMax);
        return max is null || per is null ? null : new Window((int)max.Value, per.Value);
    }

    private static Wall? Wall(MapReader form)
    {
        form.RefuseOthers(["by"], LaterVocabulary.Words);
        Demand(form, "by", "the argument whose first value closes the others: `call.args.NAME`");
        return Names.CallArgument(form, "by") is { } by ? new Wall(by) : null;
    }

    private static Flow? Flow(MapReader form, string owner)
    {
        form.RefuseOthers(["label", "to", "unless", "by", "within"], LaterVocabulary.Words);
        var label = form.RequiredText("label", "the label that must not leave");
        var to = form.RequiredText("to", "the sink it must not reach, like `external`");
        if (label is not null)
            Names.DemandName(label, "A label", form.Find("label")!.Position, form.Problems);
        if (to is not null)
            Names.DemandName(to, "A sink", form.Find("to")!.Position, form.Problems);
        var unless = ApprovalParser.OfFlow(form, owner);
        return label is null || to is null ? null : new Flow(label, to) { Unless = unless };
    }

    private static Carry? Carry(MapReader form)
    {
        form.RefuseOthers(["args", "refuse"], LaterVocabulary.Words);
        Demand(form, "refuse", "what the arguments must not carry: `[link, address, secret]`, or labels");
        var refuse = ImmutableArray.CreateBuilder<string>();
        foreach (var (text, at) in form.Texts("refuse"))
        {
            Names.DemandName(text, "A label", at, form.Problems);
            if (refuse.Contains(text))
                form.Problems.Add(at, $"`{text}` stands twice in one list.", "Remove one of them.");
            else
                refuse.Add(text);
        }

        var args = Names.Arguments(form, "args");
        return refuse.Count == 0 ? null : new Carry(args, refuse.ToImmutable());
    }

    private static decimal? Amount(MapReader form, string key)
    {
        if (form.Find(key) is not { } node)
            return null;
        if (node is DocumentNode.Scalar { Kind: ScalarKind.Integer or ScalarKind.Float }
            && MapReader.Json(node).TryGetDecimal(out var amount)
            && amount > 0)
            return amount;
        form.Problems.Add(node.Position, $"`{key}` must be a number above zero.");
        return null;
    }

    private static void Demand(MapReader form, string key, string meaning)
    {
        if (!form.Has(key))
            form.Problems.Add(form.Position, $"`{key}` is missing.", $"Add `{key}:`, {meaning}.");
    }
}
