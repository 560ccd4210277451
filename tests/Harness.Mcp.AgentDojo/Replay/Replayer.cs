using System.Collections.Frozen;
using System.Collections.Immutable;
using Harness.Mcp.AgentDojo.Corpus;
using Harness.Mcp.Core.Decisions;

namespace Harness.Mcp.AgentDojo.Replay;

/// <summary>Puts chains to their missions.</summary>
internal sealed class Replayer
{
    private static readonly Denial NoMission = new(ReasonCode.ToolNotGranted, "The corpus has no mission for this task.");

    private readonly FrozenDictionary<string, Governance> _governance;
    private readonly bool _hasRules;

    /// <param name="home">Where edited documents stand; null for those that `generate` writes.</param>
    /// <param name="hasRules">False permits everything: what the figures are without any rule.</param>
    public Replayer(ImmutableArray<Suite> suites, string? home, bool hasRules)
    {
        _hasRules = hasRules;
        _governance = hasRules
            ? suites.ToFrozenDictionary(suite => suite.Name, suite => Governance.Of(suite, home), StringComparer.Ordinal)
            : FrozenDictionary<string, Governance>.Empty;
    }

    /// <returns>The calls that were denied, in order.</returns>
    public ImmutableArray<DeniedCall> Put(string suite, string task, string request, IEnumerable<RecordedCall> calls)
    {
        if (!_hasRules)
            return [];

        var chain = ReplayedChain.Open(_governance[suite], task, request);
        var denied = ImmutableArray.CreateBuilder<DeniedCall>();
        var index = 0;
        foreach (var call in calls)
        {
            if ((chain is null ? NoMission : chain.Put(call)) is { } denial)
                denied.Add(new DeniedCall(index, call.Function, denial));
            index++;
        }

        return denied.ToImmutable();
    }
}

/// <param name="Index">The call's place in its run, from 0.</param>
internal sealed record DeniedCall(int Index, string Tool, Denial Denial)
{
    /// <summary>The same for all calls that were denied alike.</summary>
    public string Cause =>
        $"{Tool}{(Denial.Argument is { } argument ? $", {argument}" : "")}: {Denial.Reason}{(Denial.Rule is { } rule ? $" by {rule}" : "")}";

    public override string ToString() => $"call {Index + 1}, {Cause}";
}
