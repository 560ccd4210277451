using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Rules.Reading;

/// <summary>
/// Reads for the rules of one mission what they ask of a call, each thing once however many rules ask for it. It turns from call to call, and what it
/// read of the call before is forgotten; so it has one owner, as the mission's state has. Rules keep handles: a <see cref="CallKey"/>, <see cref="CallAtoms"/>, …
/// </summary>
internal sealed class CallReader
{
    private readonly List<CallKey> _keys = [];
    private readonly List<CallAtoms> _atoms = [];
    private readonly List<CallAmount> _amounts = [];
    private readonly Dictionary<string, CallAnswer> _answers = new(StringComparer.Ordinal);
    private readonly CallObject _object;
    private object? _shown;

    public CallReader() => _object = new CallObject(Arguments);

    public KeyTable Table { get; } = new();

    public RuleMemory Memory { get; } = new();

    public CallArguments Arguments { get; } = new();

    /// <summary>Changes with every call that is shown, so that a handle knows what it has read already.</summary>
    public int Round { get; private set; }

    /// <summary>One key for the values at all of <paramref name="paths"/>, which are paths of names alone.</summary>
    public CallKey KeyOf(ImmutableArray<FieldPath> paths)
    {
        if (_keys.Find(known => known.Paths.AsSpan().SequenceEqual(paths.AsSpan())) is { } found)
            return found;
        _keys.Add(new CallKey(this, paths));
        return _keys[^1];
    }

    public CallAtoms AtomsOf(FieldPath path)
    {
        if (_atoms.Find(known => known.Path.Equals(path)) is { } found)
            return found;
        _atoms.Add(new CallAtoms(this, path));
        return _atoms[^1];
    }

    public CallAmount AmountOf(FieldPath path)
    {
        if (_amounts.Find(known => known.Path.Equals(path)) is { } found)
            return found;
        _amounts.Add(new CallAmount(this, path));
        return _amounts[^1];
    }

    /// <param name="text">The program's source: programs of the same text answer alike for one call. They read nothing of the chain.</param>
    public CallAnswer AnswerOf(string text)
    {
        if (!_answers.TryGetValue(text, out var known))
            _answers.Add(text, known = new CallAnswer(this));
        return known;
    }

    /// <summary>The proposed call as expressions see it.</summary>
    public CallObject Object => _object;

    /// <summary>The time of the proposed call, in ticks.</summary>
    public long Ticks { get; private set; }

    /// <summary>The calls that are admitted and not settled, in order; set by <see cref="Propose"/>.</summary>
    public IReadOnlyList<ChainCall> Pending { get; private set; } = [];

    /// <summary>Turns to a proposed call.</summary>
    public void Show(ToolCall call)
    {
        if (!ReferenceEquals(_shown, call))
            Turn(call);
    }

    /// <summary>The same, for expressions: they ask about the pending calls too.</summary>
    public void Propose(ToolCall call, IReadOnlyList<ChainCall> pending)
    {
        if (ReferenceEquals(_shown, call) && ReferenceEquals(Pending, pending))
            return;
        Pending = pending;
        Turn(call);
    }

    /// <summary>Forgets what it read of the last call: what the mission remembers has changed, so the same call may read otherwise.</summary>
    public void Forget() => _shown = null;

    /// <summary>Turns to an admitted call.</summary>
    public void Show(ChainCall call)
    {
        if (!ReferenceEquals(_shown, call))
            Show(call, call.Arguments);
    }

    private void Turn(ToolCall call)
    {
        Show(call, call.Arguments);
        Ticks = call.Time.UtcTicks;
        _object.Show(call);
    }

    private void Show(object call, JsonElement arguments)
    {
        _shown = call;
        Arguments.Show(arguments);
        Round++;
    }
}

/// <summary>What an expression that reads the call alone says of it.</summary>
internal sealed class CallAnswer(CallReader reader)
{
    private int _round = -1;
    private HashedValue _value;

    /// <summary>The answer for the call that the activation proposes.</summary>
    public ref readonly HashedValue Of(CelProgram program, Activation activation)
    {
        if (_round != reader.Round)
        {
            _value = new HashedValue(program.Evaluate(activation));
            _round = reader.Round;
        }

        return ref _value;
    }
}
