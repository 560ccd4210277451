using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Tests.Reference;

/// <summary>What `then` rules demand by the letter of the documentation, worked out from all links for every question.</summary>
internal sealed class ReferenceObligations(MissionTemplate template, ReferenceChain chain, ReferenceRules rules)
{
    /// <summary>What is owed, as the rule and the link of the call that opened it, in the order of those links.</summary>
    public List<string> Open() =>
        [.. template.Rules.Where(rule => rule.Form is Then).SelectMany(Open).OrderBy(one => one.Link).Select(one => $"{one.Rule} {one.Link}").Order(StringComparer.Ordinal)];

    private IEnumerable<(string Rule, long Link)> Open(Rule rule)
    {
        var then = (Then)rule.Form;
        var calls = chain.Calls();
        foreach (var opening in rules.Judged(rule).Where(call => call.Settled is { Outcome: CallOutcome.Ok or CallOutcome.Unknown }))
        {
            if (then.Same.Any(path => Values.Argument(opening.Arguments, path) is null))
                continue;
            var isClosed = calls.Exists(later =>
                later.Place > opening.Place && later.SettledAt > opening.SettledAt && later.Settled?.Outcome == CallOutcome.Ok
                && then.Tools.Any(tool => tool.Value.Selects(later.Tool))
                && then.Same.All(path => Values.Argument(later.Arguments, path) is { } value && Values.Text(value) == Values.Text(Values.Argument(opening.Arguments, path)!.Value)));
            var isReported = chain.Links.Any(link =>
                link.Body is LinkBody.ObligationMissed missed && missed.Obligation.Rule == rule.Id && missed.Obligation.Call == opening.Link.Version);
            if (!isClosed && !isReported)
                yield return (rule.Id.Value, opening.Link.Version);
        }
    }
}
