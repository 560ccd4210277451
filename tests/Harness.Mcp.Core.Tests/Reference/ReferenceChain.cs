using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Tests.Reference;

/// <summary>All links of a chain, kept as they are. Every question walks them.</summary>
internal sealed class ReferenceChain
{
    private readonly List<Link> _links = [];

    public IReadOnlyList<Link> Links => _links;

    public int Length => _links.Count;

    public void Add(Link link) => _links.Add(link);

    /// <summary>The calls admitted among the first links, in order, as they were then.</summary>
    /// <param name="length">How many links; all by default.</param>
    public List<EarlierCall> Calls(int? length = null)
    {
        var calls = new List<EarlierCall>();
        for (var place = 0; place < (length ?? _links.Count); place++)
        {
            switch (_links[place].Body)
            {
                case LinkBody.CallAdmitted admitted:
                    calls.Add(new EarlierCall(place, _links[place], admitted, [], null, -1));
                    break;
                case LinkBody.InputAsked asked:
                    Hear(asked.Call, asked.Labels);
                    break;
                case LinkBody.InputGiven given:
                    Hear(given.Call, given.Labels);
                    break;
                case LinkBody.TaskOpened opened:
                    Hear(opened.Call, opened.Labels);
                    break;
                case LinkBody.TaskReported reported:
                    Hear(reported.Call, reported.Labels);
                    break;
                case LinkBody.CallSettled settled:
                    var at = calls.FindIndex(call => call.Admitted.Call == settled.Call);
                    calls[at] = calls[at] with { Settled = settled, SettledAt = place };
                    break;
            }
        }

        return calls;

        void Hear(CallId id, ImmutableArray<string> labels)
        {
            var at = calls.FindIndex(call => call.Admitted.Call == id);
            calls[at] = calls[at] with { Heard = [.. calls[at].Heard, .. labels] };
        }
    }
}

/// <summary>One admitted call, and how it ended if it has.</summary>
/// <param name="Place">How many links were there before it was admitted.</param>
/// <param name="Heard">Labels of what its backend asked and the agent answered.</param>
/// <param name="SettledAt">How many links were there before it was settled.</param>
internal sealed record EarlierCall(int Place, Link Link, LinkBody.CallAdmitted Admitted, ImmutableArray<string> Heard, LinkBody.CallSettled? Settled, int SettledAt)
{
    public ToolFacts Tool => Admitted.Tool;

    public JsonElement Arguments => Admitted.Arguments;

    public ToolCall Proposal => new(Admitted.Call, Admitted.Agent, Admitted.Tool, Admitted.Arguments, Link.Time);

    public ChainCall AsLink => new(
        Admitted.Call, Link.Version, Tool, Arguments, Settled?.Result, [.. Heard.Concat(Settled?.Labels ?? []).Distinct()], Link.Time, Settled?.Outcome ?? CallOutcome.Pending);
}
