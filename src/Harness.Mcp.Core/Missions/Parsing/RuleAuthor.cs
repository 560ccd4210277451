using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Who wrote a document with rules, and what follows from that: the prefix of their ids, and which tools they may judge.</summary>
/// <param name="What">The document, for messages: "A mission".</param>
/// <param name="Scope">The backend that the rules are limited to; null for none.</param>
internal sealed record RuleAuthor(string What, string Prefix, BackendId? Scope)
{
    public static RuleAuthor Mission { get; } = new("A mission", "", null);

    public static RuleAuthor Guardrails { get; } = new("A file of guardrails", $"{Layers.RuleSource.Guardrails}/", null);

    public static RuleAuthor OwnerOf(BackendId backend) => new("A backend", $"{backend}/", backend);

    public RuleId IdOf(string id) => new(Prefix + id);

    /// <summary>Refuses tools of others: what a tool owner says of them would bind nobody, and so is a mistake.</summary>
    public void CheckOn(ImmutableArray<Placed<ToolSelector>> on, ProblemList problems)
    {
        if (Scope is not { } own)
            return;
        foreach (var selector in on)
            if ((selector.Value is ToolSelector.ByName(var tool) && tool.Backend != own) || (selector.Value is ToolSelector.ByBackend(var backend) && backend != own))
                problems.Add(
                    selector.Position,
                    $"`{selector.Value}` is not of this backend, and its owner's rules hold for its own tools alone.",
                    $"Write `{own}/tool` or `effect:NAME`, or leave `on` out for all tools of `{own}`.");
    }
}
