using System.Collections.Concurrent;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>
/// Answers of effects that took place and whose agents were gone before they could be told. An agent that lost its stream asks again under a new
/// id: it gets the answer that it missed, and the effect does not come about twice. What this process forgets, the chain still tells.
/// </summary>
internal sealed class UndeliveredAnswers(TimeProvider time)
{
    private const int AnswersMax = 1_000;

    private readonly ConcurrentDictionary<Key, Kept> _kept = new();

    public void Keep(CallAnswer answer)
    {
        if (answer.Effect is not { } effect)
            return;
        if (_kept.Count >= AnswersMax)
            DropOld();
        if (_kept.Count < AnswersMax)
            _kept[Key.Of(effect)] = new Kept(answer, time.GetTimestamp());
    }

    /// <summary>Takes the answer out, for one agent that asks for the very same effect again.</summary>
    /// <returns>Null where there is none that is young enough.</returns>
    public CallAnswer? Take(MissionId mission, AgentId agent, ToolId tool, Digest arguments) =>
        _kept.TryRemove(new Key(mission, agent, tool, arguments), out var kept) && !IsOld(kept) ? kept.Answer : null;

    private void DropOld()
    {
        foreach (var (key, kept) in _kept)
            if (IsOld(kept))
                _kept.TryRemove(key, out _);
    }

    private bool IsOld(Kept kept) => time.GetElapsedTime(kept.Since) >= MissionBounds.RepeatWindow;

    private readonly record struct Kept(CallAnswer Answer, long Since);

    private readonly record struct Key(MissionId Mission, AgentId Agent, ToolId Tool, Digest Arguments)
    {
        public static Key Of(CarriedOut effect) => new(effect.Mission, effect.Agent, effect.Tool, effect.Arguments);
    }
}
