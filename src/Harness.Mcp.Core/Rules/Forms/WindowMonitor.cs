using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>The times of the latest calls of one <see cref="Window"/> that counts calls.</summary>
internal sealed class WindowMonitor(Rule rule, Window form, RuleMemory memory) : RuleMonitor
{
    // A queue doubles its room when it is full.
    private const int TimeBytes = 2 * sizeof(long);

    private readonly int _max = (int)form.Max;

    // Times never run backwards within a mission, so the oldest of the last `max` calls tells all.
    private readonly Queue<long> _ticks = new();
    private readonly RecentLinks _links = new();
    private bool _isExhausted;

    public override bool Notices(ToolFacts tool) => rule.IsOn(tool);

    public override bool RemembersJudged => true;

    public override void Admit(ChainCall call)
    {
        if (_ticks.Count == _max)
            _ticks.Dequeue();
        else
            _isExhausted |= !memory.TryTake(TimeBytes);
        if (_isExhausted)
            return;
        _ticks.Enqueue(call.Time.UtcTicks);
        _links.Add(call.Index);
    }

    public override void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending)
    {
        state.Ordered(_ticks, ChainMark.TransferVersion, _ticks.Enqueue);
        _links.Transfer(state);
        state.Flag(ref _isExhausted);
    }

    public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
    {
        if (_isExhausted)
            return Exhausted();
        if (_ticks.Count < _max || call.Time.UtcTicks - _ticks.Peek() >= form.Per.Ticks)
            return null;

        var retryAfter = new DateTimeOffset(_ticks.Peek(), TimeSpan.Zero) + form.Per;
        return new RuleDenial(new Denial(
            ReasonCode.RateExceeded,
            $"This mission may make {_max} such calls in {DurationText.Write(form.Per)}; {WindowWords.Wait(call, retryAfter)}, then repeat this call.")
        {
            Because = _links.ToImmutable(),
            Remaining = 0,
            RetryAfter = retryAfter,
        });
    }
}

/// <summary>What all windows say alike.</summary>
internal static class WindowWords
{
    public static string Wait(ToolCall call, DateTimeOffset retryAfter) =>
        $"wait {DurationText.Write(TimeSpan.FromSeconds(Math.Ceiling((retryAfter - call.Time).TotalSeconds)))}";
}
