using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules.Reading;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>What one rule's programs run on: the mission, and either the link that settles or the call that is proposed.</summary>
internal sealed class RuleActivation(MissionFacts mission, CallReader calls) : Activation
{
    private readonly CelValue _mission = CelValue.Of(new MissionObject(mission));
    private readonly CallObject _call = calls.Object;
    private Question[] _questions = [];
    private LinkObject? _link;

    /// <summary>Reads the proposed call, for all rules of the mission.</summary>
    public CallReader Calls => calls;

    /// <summary>Whether somebody wants to know the links that make the answers so, at the cost of looking for them.</summary>
    public bool AreCausesWanted { get; set; }

    public Causes Causes { get; } = new();

    public LinkObject? Link => _link;

    public void Answer(Question[] questions) => _questions = questions;

    public void Show(LinkObject? link) => _link = link;

    public override CelValue Variable(int index) => index switch
    {
        RuleVocabulary.Mission => _mission,
        RuleVocabulary.ChainOrLink when _link is not null => CelValue.Of(_link),
        _ when !_call.IsShown => CelValue.Error("this variable has no value here"),
        RuleVocabulary.Call => CelValue.Of(_call),
        RuleVocabulary.Agent => CelValue.Of(_call.Agent),
        RuleVocabulary.Now => CelValue.Of(_call.Call.Time),
        RuleVocabulary.Denials => CelValue.Of(_call.Call.Refused),
        _ => CelValue.Error("this variable has no value here"),
    };

    public override bool TryField(int variable, int field, out CelValue value)
    {
        switch (variable)
        {
            case RuleVocabulary.Call when _call.IsShown:
                value = _call.Field(field);
                return true;
            case RuleVocabulary.ChainOrLink when _link is not null:
                value = _link.Field(field);
                return true;
            default:
                value = default;
                return false;
        }
    }

    public override bool TryMember(int variable, int field, string name, out CelValue value)
    {
        if (variable == RuleVocabulary.Call && field == RuleVocabulary.CallArguments && _call.IsShown)
            return calls.Arguments.TryGetField(name, out value);
        value = default;
        return false;
    }

    public override CelValue Slot(int index) => _questions[index].Answer();
}
