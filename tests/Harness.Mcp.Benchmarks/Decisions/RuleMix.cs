using System.Globalization;
using System.Text;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;

namespace Harness.Mcp.Benchmarks.Decisions;

/// <summary>
/// The rules that decisions are measured with: kinds that people write, each in five variations that differ in the arguments they read. None
/// of them denies the measured call, so that every rule which watches it is asked.
/// </summary>
internal static class RuleMix
{
    private const string Called = "fleet/isolate_host";

    /// <summary>Looked at before anything is done.</summary>
    public static readonly ToolFacts Get = Tool.Read("fleet/get_host", "internal") with { Domain = "infrastructure" };

    /// <summary>The tool of the measured call; it has a sink, so that flow rules watch it too.</summary>
    public static readonly ToolFacts Isolate = Tool.Write(Called, SinkNames.External) with { Domain = "infrastructure" };

    private static readonly (string Name, string Text)[] Written =
    [
        ("before", "before: { tools: [fleet/get_host], same: [SAME], within: 10h }"),
        ("never_after", "never-after: { tools: [fleet/release_host], same: [SAME] }"),
        ("budget_calls", "budget: { max: 1000000 }"),
        ("budget_distinct", "budget: { distinct: call.args.host, max: 9000 }"),
        ("budget_sum_when", "when: 'call.args.amount > 0', budget: { sum: call.args.amount, max: 100000000 }"),
        ("window", "window: { max: 10000, per: 1m }"),
        ("wall", "wall: { by: call.args.client }"),
        ("flow", "flow: { label: personal, to: external }"),
        ("require_exists", """require: 'chain.exists(l, l.tool == "fleet/get_host" && l.args.ARG == call.args.ARG && l.result.tier == "test")'"""),
        ("require_count", """require: 'chain.filter(l, l.effect == "write" && l.args.ARG == call.args.ARG).size() < 1000000 && call.domain == "infrastructure"'"""),

        // Measured alone: the mixes are of the ten above, so that their figures stay comparable.
        ("window_sum", "window: { sum: call.args.amount, max: 100000000, per: 1m }"),
        ("window_distinct", "window: { distinct: call.args.ARG, max: 9000, per: 1m }"),
    ];

    /// <summary>What each variation compares: the argument of a CEL rule, and `same` of a short form.</summary>
    private static readonly (string Argument, string Same)[] Variations =
        [("host", "host"), ("ticket", "ticket"), ("region", "host, region"), ("client", "client"), ("host", "host, ticket")];

    /// <summary>A mission over five sorts of tools, ten rules for each: the called tool, the class of everything that is not a read, and three other tools. So 20 of the 50 watch the call.</summary>
    public static string Realistic { get; } = Document(
        from place in Enumerable.Range(0, 50) select Rule(place, place % 10, place / 10, (string[])[Called, "effect:write", "mail/send", "directory/disable_user", "fleet/release_host"]));

    /// <summary>The same fifty rules, every one of them on the called tool.</summary>
    public static string AllWatching { get; } = Document(from place in Enumerable.Range(0, 50) select Rule(place, place % 10, place / 10, [Called]));

    public static string NoRules { get; } = Document([]);

    /// <summary>The first five kinds on the called tool, after so many rules on fifty other tools.</summary>
    public static string FiveWatchingOf(int rules) => Document(
        from place in Enumerable.Range(0, rules)
        select Rule(place, place < rules - 5 ? place % 10 : place - rules + 5, place % 5, [place < rules - 5 ? $"other/tool_{place % 50}" : Called]));

    /// <summary>For each kind, a mission of fifty rules of it alone.</summary>
    public static IEnumerable<(string Kind, string Document)> OneKindEach { get; } =
        from kind in Enumerable.Range(0, Written.Length)
        select (Written[kind].Name, Document(from place in Enumerable.Range(0, 50) select Rule(place, kind, place % 5, [Called])));

    public static string Arguments(int host) =>
        $$"""{"host":"host-{{host}}","ticket":"CHG-{{host:D6}}","region":"eu-{{host % 3}}","client":"client-1","amount":1,"reason":"Contain the host of the alert."}""";

    /// <param name="on">Rule by rule in turn of the variations: with five, each has its own.</param>
    private static string Rule(int place, int kind, int variation, string[] on)
    {
        var (argument, same) = Variations[variation];
        var form = Written[kind].Text.Replace("SAME", same, StringComparison.Ordinal).Replace("ARG", argument, StringComparison.Ordinal);
        return string.Create(CultureInfo.InvariantCulture, $"  - {{ id: rule-{place}, on: [\"{on[variation % on.Length]}\"], {form} }}\n");
    }

    private static string Document(IEnumerable<string> rules)
    {
        var text = new StringBuilder("""
            grants:
              - read: [fleet/*, other/*]
              - tools: [fleet/isolate_host, fleet/release_host, mail/send, directory/disable_user]

            """);
        foreach (var (place, rule) in rules.Index())
            text.Append(place == 0 ? "rules:\n" : "").Append(rule);
        return text.ToString();
    }
}
