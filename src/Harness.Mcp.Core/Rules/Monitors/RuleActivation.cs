using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules.Reading;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>What one rule's programs run on: the mission, and either the link that settles or the call that is proposed.</summary>
internal sealed class RuleActivation(MissionFacts mission, CallReader calls) : Activation
{
    private readonly CelValue _mission = CelValue.Of(new MissionObject(mission));
    private Question[] _questions = [];
    private CallObject? _call;
    private LinkObject? _link;

    /// <summary>Reads the proposed call, for all rules of the mission.</summary>
    public CallReader Calls => calls;

    /// <summary>The time of the proposed call, in ticks.</summary>
    public long Time { get; private set; }

    /// <summary>The calls that are admitted and not settled, in order.</summary>
    public IReadOnlyList<ChainCall> Pending { get; private set; } = [];

    /// <summary>How often a call was proposed: an answer holds for one proposal.</summary>
    public int Proposal { get; private set; }

    /// <summary>The links that made the answers so, of the questions that were asked for the proposed call; null where nobody wants to know.</summary>
    public Causes? WantedCauses { get; private set; }

    public Causes Causes { get; } = new();

    public LinkObject? Link => _link;

    public void Answer(Question[] questions) => _questions = questions;

    public void Show(LinkObject? link) => _link = link;

    public void Propose(ToolCall call, IReadOnlyList<ChainCall> pending, bool withCauses)
    {
        _call = calls.Show(call);
        Time = call.Time.UtcTicks;
        Pending = pending;
        Proposal++;
        WantedCauses = withCauses ? Causes : null;
        if (withCauses)
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

    public override bool TryField(int variable, int field, out CelValue value)
    {
        switch (variable)
        {
            case RuleVocabulary.Call when _call is not null:
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
        if (variable == RuleVocabulary.Call && field == RuleVocabulary.CallArguments && _call is not null)
            return calls.Arguments.TryGetField(name, out value);
        value = default;
        return false;
    }

    public override CelValue Slot(int index) => _questions[index].Answer();
}
