using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules;

/// <summary>`call` in expressions: one for all calls of a mission, which it shows one after the other.</summary>
/// <param name="arguments">Turns to each call before this does.</param>
internal sealed class CallObject(CallArguments arguments) : CelObject(RuleVocabulary.CallType)
{
    private readonly CelValue _arguments = CelValue.Of(arguments);
    private ToolFacts? _facts;
    private ToolValues? _tool;
    private AgentId _of;
    private AgentObject? _agent;
    private ToolCall? _call;

    public bool IsShown => _call is not null;

    public ToolCall Call => _call ?? throw new InvalidOperationException("No call is shown.");

    /// <summary>`agent` in expressions.</summary>
    public AgentObject Agent
    {
        get
        {
            if (_agent is null || _of != Call.Agent)
                (_of, _agent) = (Call.Agent, new AgentObject(Call.Agent.Value));
            return _agent;
        }
    }

    public void Show(ToolCall call) => _call = call;

    public override CelValue Field(int index) => index switch
    {
        <= 4 => Tool[index],
        RuleVocabulary.CallArguments => Call.Arguments.ValueKind == JsonValueKind.Object ? _arguments : CelValue.FromJson(Call.Arguments),
        6 => Tool.Sinks,
        _ => throw new UnreachableException($"A call has no field {index}."),
    };

    private ToolValues Tool
    {
        get
        {
            if (_tool is null || !ReferenceEquals(_facts, Call.Tool))
                (_facts, _tool) = (Call.Tool, ToolValues.Of(Call.Tool));
            return _tool;
        }
    }
}

/// <summary>One admitted call in expressions: the `l` of `chain.exists(l, …)`.</summary>
internal sealed class LinkObject(ChainCall call) : CelObject(RuleVocabulary.LinkType)
{
    private readonly ToolValues? _tool = ToolValues.Find(call.Tool);
    private CelValue? _arguments;
    private CelValue? _result;
    private CelValue? _labels;

    public ChainCall Call { get; } = call;

    public override CelValue Field(int index) => index switch
    {
        <= 4 => _tool is null ? ToolValues.Read(Call.Tool, index) : _tool[index],
        5 => _arguments ??= CelValue.FromJson(Call.Arguments),
        6 => _result ??= Call.Result is { } result ? CelValue.FromJson(result) : CelValue.Null,
        7 => _labels ??= CelValue.ListOf(Call.Labels),
        8 => CelValue.Of(Call.Time),
        9 => CelValue.Of(Call.Index),
        10 => CelValue.Of(RuleVocabulary.Write(Call.Outcome)),
        _ => throw new UnreachableException($"A link has no field {index}."),
    };
}

/// <summary>`mission` in expressions.</summary>
internal sealed class MissionObject(MissionFacts mission) : CelObject(RuleVocabulary.MissionType)
{
    private readonly CelValue[] _fields =
    [
        CelValue.Of(mission.Id.Value),
        CelValue.Of(mission.Name),
        CelValue.Of(mission.Owner),
        CelValue.ListOf([.. mission.Agents.Select(agent => agent.Value)]),
        CelValue.FromJson(mission.Inputs),
        CelValue.Of(mission.Opened),
        CelValue.Of(mission.Expires),
    ];

    public override CelValue Field(int index) => _fields[index];
}

/// <summary>`agent` in expressions.</summary>
internal sealed class AgentObject(string id) : CelObject(RuleVocabulary.AgentType)
{
    private readonly CelValue _id = CelValue.Of(id);

    public override CelValue Field(int index) => _id;
}

/// <summary>The fields that a tool gives to calls and links alike, written once for all of them.</summary>
internal sealed class ToolValues
{
    private static readonly ConditionalWeakTable<ToolFacts, ToolValues> Known = [];

    private readonly CelValue[] _fields;

    private ToolValues(ToolFacts tool)
    {
        _fields = [Read(tool, 0), Read(tool, 1), Read(tool, 2), Read(tool, 3), Read(tool, 4)];
        Sinks = CelValue.ListOf(tool.Sinks);
    }

    public CelValue Sinks { get; }

    public CelValue this[int index] => _fields[index];

    public static ToolValues Of(ToolFacts tool) => Known.GetValue(tool, static facts => new ToolValues(facts));

    /// <summary>Null where they are not written yet, and for facts that were read back from a link: those are not worth keeping.</summary>
    public static ToolValues? Find(ToolFacts tool) => Known.TryGetValue(tool, out var known) ? known : null;

    /// <summary>One field, written once.</summary>
    public static CelValue Read(ToolFacts tool, int index) => CelValue.Of(index switch
    {
        0 => tool.Id.ToString(),
        1 => tool.Id.Backend.Value,
        2 => tool.Id.Name,
        3 => tool.Domain,
        _ => EffectNames.Write(tool.Effect),
    });
}
