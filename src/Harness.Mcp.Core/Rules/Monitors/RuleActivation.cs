using System.Collections.Immutable;
using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>What one rule's programs run on: the mission, and either the link that settles or the call that is proposed.</summary>
internal sealed class RuleActivation(MissionFacts mission) : Activation
{
    private readonly CelValue _mission = CelValue.Of(new MissionObject(mission));
    private ImmutableArray<Question> _questions = [];
    private CallObject? _call;
    private LinkObject? _link;

    /// <summary>The time of the proposed call, in ticks.</summary>
    public long Time { get; private set; }

    /// <summary>The links that made the answers so, of the questions that were asked for the proposed call.</summary>
    public Causes Causes { get; } = new();

    public LinkObject? Link => _link;

    public void Answer(ImmutableArray<Question> questions) => _questions = questions;

    public void Show(LinkObject? link) => _link = link;

    public void Propose(CallObject call)
    {
        _call = call;
        Time = call.Call.Time.UtcTicks;
        Causes.Clear();
    }

    public override CelValue Variable(int index) => index switch
    {
        RuleVocabulary.Call when _call is not null => CelValue.Of(_call),
        RuleVocabulary.Mission => _mission,
        RuleVocabulary.Agent when _call is not null => CelValue.Of(_call.Agent),
        RuleVocabulary.Now when _call is not null => CelValue.Of(_call.Call.Time),
        RuleVocabulary.Denials when _call is not null => CelValue.Of(_call.Call.Refused),
        RuleVocabulary.ChainOrLink when _link is not null => CelValue.Of(_link),
        _ => CelValue.Error("this variable has no value here"),
    };

    public override CelValue Slot(int index) => _questions[index].Answer();
}
