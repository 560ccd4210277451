using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads `rules:`.</summary>
internal static class RuleParser
{
    private static readonly ImmutableArray<string> Forms =
        ["before", "never-after", "budget", "window", "wall", "flow", "carry", "then", "require", "forbid"];

    private static readonly ImmutableArray<string> Keys = ["id", "on", "when", "say", "enforce", "examples", .. Forms];

    /// <param name="owner">Who answers for the document, and approves where a rule names nobody; null where rules must name people themselves.</param>
    public static ImmutableArray<Rule> Parse(MapReader document, RuleAuthor author, LabelsWritten labels, string? owner)
    {
        var items = document.Items("rules");
        if (items.Length > MissionBounds.RulesMax)
            document.Problems.Add(document.PositionOf("rules"), $"{author.What} has at most {MissionBounds.RulesMax} rules.");

        var isEnforced = document.Flag("enforce") ?? true;
        var mission = ExampleParser.MissionOf(document);
        var rules = ImmutableArray.CreateBuilder<Rule>();
        var ids = new Dictionary<string, SourcePosition>(StringComparer.Ordinal);
        foreach (var item in items)
            if (ParseOne(item, author, isEnforced, mission, labels, owner, ids, document.Problems) is { } rule)
                rules.Add(rule);
        return rules.ToImmutable();
    }

    private static Rule? ParseOne(
        DocumentNode item,
        RuleAuthor author,
        bool isEnforced,
        MissionFacts mission,
        LabelsWritten labels,
        string? owner,
        Dictionary<string, SourcePosition> ids,
        ProblemList problems)
    {
        if (MapReader.Of(item, "a rule", problems) is not { } reader)
            return null;

        reader.RefuseOthers(Keys);
        var id = Id(reader, ids);
        var on = Names.Selectors(reader, "on");
        author.CheckOn(on, reader.Problems);
        var when = Conditions.Parse(reader, "when");
        var say = reader.Text("say");
        var examples = ExampleParser.Parse(reader, mission);
        var form = Form(reader, labels, owner);
        if (id is null || form is null)
            return null;

        var rule = new Rule
        {
            Id = author.IdOf(id),
            On = on,
            Scope = author.Scope,
            IsEnforced = reader.Flag("enforce") ?? isEnforced,
            Written = form is Flow flow ? labels.Digest(item, flow) : Digest.Of(DocumentJson.Write(item)),
            When = when,
            Form = form,
            Say = say,
            Examples = examples,
            Position = reader.Position,
        };
        problems.AddRange([.. ExampleRun.Failures(rule, mission)]);
        return rule;
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

    private static RuleForm? Form(MapReader reader, LabelsWritten labels, string? owner)
    {
        var named = Forms.Where(reader.Has).ToList();
        if (named.Count == 1)
            return Form(reader, named[0], labels, owner);

        // An unknown key is reported as such; that the rule is empty without it helps nobody.
        if (named.Count > 1)
            reader.Problems.Add(reader.PositionOf(named[1]), $"A rule asks one thing, and this one has {MapReader.Words(named)}.", "Split it into one rule each.");
        else if (!reader.Entries.Any(entry => !Keys.Contains(entry.Key, StringComparer.Ordinal)))
            reader.Problems.Add(reader.Position, "A rule asks nothing.", $"Add one of {MapReader.Words(Forms)}.");
        return null;
    }

    private static RuleForm? Form(MapReader rule, string key, LabelsWritten labels, string? owner)
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
            _ => FlowParser.Parse(form, labels, owner),
        };
    }

    private static Before? Before(MapReader form)
    {
        form.RefuseOthers(["tools", "same", "within", "not-since"]);
        Demand(form, "tools", "the tools of which one must have been called: `[backend/tool]`");
        var (tools, same) = (Names.Selectors(form, "tools"), Names.Arguments(form, "same"));
        var within = form.Duration("within", MissionBounds.DurationMin, MissionBounds.LifetimeMax);
        var notSince = Names.Selectors(form, "not-since");
        foreach (var undoing in notSince)
            if (tools.Any(tool => tool.Value == undoing.Value))
                form.Problems.Add(undoing.Position, $"`{undoing.Value}` cannot undo itself.", "Name it under `tools` or under `not-since`.");
        return tools.IsEmpty ? null : new Before(tools, same, within) { NotSince = notSince };
    }

    private static NeverAfter? NeverAfter(MapReader form)
    {
        form.RefuseOthers(["tools", "same"]);
        Demand(form, "tools", "the tools after which the call is not allowed: `[backend/tool]`");
        var (tools, same) = (Names.Selectors(form, "tools"), Names.Arguments(form, "same"));
        return tools.IsEmpty ? null : new NeverAfter(tools, same);
    }

    private static Budget? Budget(MapReader form)
    {
        form.RefuseOthers(["max", "distinct", "sum", "per"]);
        Demand(form, "max", "how much is allowed over the whole mission");
        var (measure, argument) = Measure(form, "A budget");
        if (form.Find("per") is DocumentNode.Scalar per && DurationText.Parse(per.Text) is not null)
        {
            form.Problems.Add(per.Position, "A budget holds for the whole mission.", $"Write `window: {{ max: …, per: {per.Text} }}` for calls in a span of time.");
            return null;
        }

        var perArgument = Names.CallArgument(form, "per");
        var max = Max(form, measure, MissionBounds.BudgetCallsMax);
        return max is null ? null : new Budget(measure, argument, max.Value, perArgument);
    }

    private static Window? Window(MapReader form)
    {
        form.RefuseOthers(["max", "per", "distinct", "sum"]);
        Demand(form, "max", "how much is allowed in the span");
        Demand(form, "per", "the span, like `1m`");
        var (measure, argument) = Measure(form, "A window");
        if (form.Find("per") is DocumentNode.Scalar per && per.Text.StartsWith("call.args.", StringComparison.Ordinal))
        {
            form.Problems.Add(per.Position, "A window holds for a span of time.", $"Write a span like `1m`, or `budget: {{ …, per: {per.Text} }}` for each value of it over the whole mission.");
            return null;
        }

        var max = Max(form, measure, MissionBounds.WindowCallsMax);
        var span = form.Duration("per", MissionBounds.DurationMin, MissionBounds.LifetimeMax);
        return max is null || span is null || (argument is null && measure != BudgetMeasure.Calls) ? null : new Window(measure, argument, max.Value, span.Value);
    }

    /// <summary>What is added up: calls, unless `distinct` or `sum` names an argument.</summary>
    private static (BudgetMeasure Measure, FieldPath? Argument) Measure(MapReader form, string what)
    {
        if (form.Has("distinct") && form.Has("sum"))
            form.Problems.Add(form.PositionOf("sum"), $"{what} counts either `distinct` values or a `sum`.", "Split it into two rules.");
        return form.Has("sum") ? (BudgetMeasure.Sum, Names.CallArgument(form, "sum"))
            : form.Has("distinct") ? (BudgetMeasure.Distinct, Names.CallArgument(form, "distinct"))
            : (BudgetMeasure.Calls, null);
    }

    private static decimal? Max(MapReader form, BudgetMeasure measure, long callsMax) => measure switch
    {
        BudgetMeasure.Sum => Amount(form, "max"),
        BudgetMeasure.Distinct => form.Integer("max", 1, MissionBounds.RuleKeysMax),
        _ => form.Integer("max", 1, callsMax),
    };

    private static Wall? Wall(MapReader form)
    {
        form.RefuseOthers(["by"]);
        Demand(form, "by", "the argument whose first value closes the others: `call.args.NAME`");
        return Names.CallArgument(form, "by") is { } by ? new Wall(by) : null;
    }

    private static Carry? Carry(MapReader form)
    {
        form.RefuseOthers(["args", "refuse"]);
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
