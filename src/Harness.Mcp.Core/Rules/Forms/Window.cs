using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>
/// `window: { max: 10, per: 1m }`: of the judged calls, fewer than `max` were admitted in the span `per` before this call. A
/// call that is exactly `per` old is outside.
/// </summary>
public sealed record Window(int Max, TimeSpan Per) : RuleForm
{
    public override string Key => "window";

    public override string ToCel(Rule rule) =>
        $"chain.filter(l, {rule.OnToCel()} && now - l.time < {CelText.Duration(Per)}).size() < {Max}";

    internal override RuleMonitor NewMonitor(Rule rule, MissionFacts mission, CallReader calls) => new Monitor(rule, this, calls.Memory);

    private sealed class Monitor(Rule rule, Window form, RuleMemory memory) : RuleMonitor
    {
        // A queue doubles its room when it is full.
        private const int TimeBytes = 2 * sizeof(long);

        // Times never run backwards within a mission, so the oldest of the last `max` calls tells all.
        private readonly Queue<long> _ticks = new();
        private readonly RecentLinks _links = new();
        private bool _isExhausted;

        public override bool Notices(ToolFacts tool) => rule.IsOn(tool);

        public override bool RemembersJudged => true;

        public override void Admit(ChainCall call)
        {
            if (_ticks.Count == form.Max)
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
            if (_ticks.Count < form.Max || call.Time.UtcTicks - _ticks.Peek() >= form.Per.Ticks)
                return null;

            var retryAfter = new DateTimeOffset(_ticks.Peek(), TimeSpan.Zero) + form.Per;
            var wait = TimeSpan.FromSeconds(Math.Ceiling((retryAfter - call.Time).TotalSeconds));
            return new RuleDenial(new Denial(
                ReasonCode.RateExceeded,
                $"This mission may make {form.Max} such calls in {DurationText.Write(form.Per)}; wait {DurationText.Write(wait)}, then repeat this call.")
            {
                Because = _links.ToImmutable(),
                Remaining = 0,
                RetryAfter = retryAfter,
            });
        }
    }
}
