using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Provenance.Text;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Provenance;

/// <summary>
/// Where a mission met each value: in its inputs, and in the results of its calls, each taken in once, on arrival. Bounded; what found no room is
/// unknown, and <see cref="IsIncomplete"/> says so. The fold of the links alone, so that a restart knows the same.
/// </summary>
internal sealed class ProvenanceIndex
{
    private readonly ProvenancePlan _plan;
    private readonly JsonElement _inputs;
    private readonly ProvenanceLabels _labels = new();
    private readonly Lexicon _lexicon;
    private readonly TextStore _texts = new(MissionBounds.ProvenancePlacesMax, MissionBounds.ProvenanceTextsMax);
    private readonly InputTexts _inputTexts = new();
    private readonly Dictionary<ToolId, ResultShape> _shapes = [];
    private readonly JsonTexts _json = new();
    private readonly JsonTexts _wanted = new();
    private readonly ScannedText _scan = new();
    private readonly HiddenValues _hidden;
    private readonly ValueLookup _lookup;
    private int[] _entries = new int[256];
    private long _unreadUntrusted;
    private ulong _unreadLabels;

    public ProvenanceIndex(ProvenancePlan plan, MissionId mission, Digest rules, JsonElement inputs)
    {
        _plan = plan;
        _inputs = inputs;
        _lexicon = new Lexicon(KeyOf(mission, rules), MissionBounds.ProvenanceValuesMax, MissionBounds.ProvenanceCharsMax);
        _hidden = new HiddenValues(_lexicon);
        _lookup = new ValueLookup(_lexicon, _inputTexts, _texts);
        foreach (var input in inputs.EnumerateObject())
            AddInput(input);
    }

    /// <summary>
    /// Whether untrusted content reached the agent that could not be taken in: too large to be recorded, or past a bound. A
    /// value that is not known may then be from there.
    /// </summary>
    public bool IsIncomplete => _unreadUntrusted != 0 || _lexicon.IsExhausted || _texts.IsExhausted;

    /// <summary>The first link whose untrusted result was not recorded whole; 0 for none.</summary>
    public long UnreadUntrusted => _unreadUntrusted;

    /// <summary>Labels of what could not be taken in; every label once a bound is reached.</summary>
    public ulong UnreadLabels => _lexicon.IsExhausted || _texts.IsExhausted ? ulong.MaxValue : _unreadLabels;

    public ProvenancePlan Plan => _plan;

    public long Bytes => _lexicon.Bytes + _texts.Bytes;

    public Origin Find(JsonElement scalar) => _lookup.Find(_json.Scalar(scalar));

    public Origin Find(ReadOnlySpan<char> value) => _lookup.Find(value);

    /// <summary>The link that brought the value, or something in it that could be an address, as untrusted and not as trusted; 0 for none.</summary>
    public long FindTaint(JsonElement scalar) => _lookup.FindTaint(_json.Scalar(scalar));

    /// <summary>What is known of one value in normal form, and the labels that declared fields gave it.</summary>
    public (Origin Origin, ulong Declared) FindForm(ReadOnlySpan<char> form)
    {
        if (form.IsEmpty || _lexicon.Find(form) is not (var entry and >= 0))
            return (Origin.Unknown, 0);
        ref var known = ref _lexicon[entry];
        return (Origin.Of(known), known.LabelsDeclared);
    }

    /// <summary>What is known of several chunks as the whole value of a declared field.</summary>
    public (Origin Origin, ulong Declared) FindJoined(ScannedText scan, int first, int count) => FindForm(scan.Joined(first, count));

    /// <summary>What is known of several chunks beside each other.</summary>
    public Origin FindPhrase(ScannedText scan, int first, int count) => _lookup.FindPhrase(scan, scan.Chunks.Slice(first, count));

    public ulong MaskOf(string label) => _labels.MaskOf(label);

    /// <summary>Takes in what a call brought.</summary>
    public void Add(ChainCall call, LinkBody.CallSettled settled)
    {
        var shape = ShapeOf(call.Tool);
        var extra = _labels.MaskOf(settled.Labels) & ~shape.All;
        if (settled.Outcome == CallOutcome.Unknown)
            return; // Nothing reached the agent.
        if (settled.IsCut || (settled.Result is null && settled.Text is null && settled.ResultDigest is not null))
        {
            _unreadLabels |= shape.All | extra;
            if (_unreadUntrusted == 0 && ((shape.All | extra) & ProvenanceLabels.Untrusted) != 0)
                _unreadUntrusted = call.Index;
        }

        if (settled.Result is null && settled.Text is null)
            return;

        var link = checked((uint)call.Index);
        Echo(call.Arguments, link);
        var live = LiveSources(shape, call.Arguments);
        var isOk = settled.Outcome == CallOutcome.Ok;
        if (settled.Result is { } result)
            Walk(result, shape.Start(result, live), shape, live, link, extra, isOk);
        if (settled.Text is { } text)
            AddText(text, OriginAt(shape.Text(live), link, extra, isOk), false);
    }

    /// <summary>Takes in what the call's backend asked of the agent: like text of a result, of which nobody can say what its fields mean.</summary>
    public void AddAsked(ChainCall call, LinkBody.InputAsked asked) => AddPart(call, asked.Asked, ShapeOf(call.Tool).All | _labels.MaskOf(asked.Labels));

    /// <summary>Takes in what the call's backend said of its task.</summary>
    public void AddReported(ChainCall call, string message, ImmutableArray<string> labels) =>
        AddPart(call, JsonElement.Parse($"\"{JsonEncodedText.Encode(message)}\""), ShapeOf(call.Tool).All | _labels.MaskOf(labels));

    /// <summary>Takes in what the agent answered. What stood in the call's arguments before learns nothing from it.</summary>
    public void AddGiven(ChainCall call, LinkBody.InputGiven given)
    {
        var labels = _labels.MaskOf(given.Labels);
        if (given.Given is { } value)
        {
            AddPart(call, value, labels);
            return;
        }

        _unreadLabels |= labels;
        if (_unreadUntrusted == 0 && (labels & ProvenanceLabels.Untrusted) != 0)
            _unreadUntrusted = call.Index;
    }

    private void AddPart(ChainCall call, JsonElement value, ulong labels)
    {
        var link = checked((uint)call.Index);
        Echo(call.Arguments, link);
        Walk(value, new Place(labels, false, 0, 0, 0), ShapeOf(call.Tool), 0, link, 0, isOk: true);
    }

    /// <summary>Writes what is known, or reads it back into an index that knows the inputs alone.</summary>
    public void Transfer(StateTransfer state)
    {
        _labels.Transfer(state);
        _lexicon.Transfer(state);
        _texts.Transfer(state);
        state.Number(ref _unreadUntrusted);
        var labels = (long)_unreadLabels;
        state.Number(ref labels);
        _unreadLabels = (ulong)labels;
    }

    private void AddInput(JsonProperty input)
    {
        var sources = ProvenancePlan.AnyInput;
        for (var source = 0; source < _plan.Sources.Length; source++)
            if (_plan.Sources[source].Input is { } name && input.NameEquals(name))
                sources |= 1UL << source;
        AddInput(input.Value, new TextOrigin(1, 0, sources, IsTrusted: true));
    }

    private void AddInput(JsonElement value, in TextOrigin origin)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    AddInputText(_json.Name(member), origin);
                    AddInput(member.Value, origin);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    AddInput(item, origin);
                break;
            case JsonValueKind.String or JsonValueKind.Number:
                AddInputText(_json.Scalar(value), origin);
                break;
        }
    }

    private void AddInputText(ReadOnlySpan<char> text, in TextOrigin origin)
    {
        _scan.Scan(text);
        var entries = new int[_scan.Chunks.Length];
        for (var index = 0; index < entries.Length; index++)
            entries[index] = Learned(_scan.Chunks[index], origin);
        foreach (ref readonly var atom in _scan.Atoms)
            Learned(atom, origin);
        _inputTexts.Add(entries, origin);
    }

    private int Learned(in ScannedValue value, in TextOrigin origin)
    {
        var entry = value.FormLength == 0 ? -1 : _lexicon.FindOrAdd(_scan.Form(value));
        if (entry >= 0)
            _lexicon[entry].Learn(origin, false);
        return entry;
    }

    private void Walk(JsonElement value, in Place at, ResultShape shape, ulong live, uint link, ulong extra, bool isOk)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    // The name of a member can be a value as well: `{ "bob@corp.example": … }`.
                    AddPlace(_json.Name(member), at, shape, OriginAt(at, link, extra, isOk), false);
                    Walk(member.Value, shape.Enter(at, member, live), shape, live, link, extra, isOk);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    Walk(item, shape.Enter(at, null, live), shape, live, link, extra, isOk);
                break;
            case JsonValueKind.String or JsonValueKind.Number:
                AddPlace(_json.Scalar(value), at, shape, OriginAt(at, link, extra, isOk), at.IsDeclared);
                break;
        }
    }

    private static TextOrigin OriginAt(in Place at, uint link, ulong extra, bool isOk)
    {
        var labels = at.Labels | extra;
        return new TextOrigin(link, labels, at.Sources, isOk && (labels & ProvenanceLabels.Untrusted) == 0);
    }

    /// <summary>
    /// INVARIANT: a trusted field of an untrusted result vouches for its value as a whole, never for what stands inside of it. Otherwise whoever may
    /// choose a name could put an address into it, and have it trusted.
    /// </summary>
    private void AddPlace(ReadOnlySpan<char> text, in Place at, ResultShape shape, in TextOrigin origin, bool isDeclared)
    {
        if (!at.IsDeclared || origin.IsUntrusted || (shape.Whole & ProvenanceLabels.Untrusted) == 0)
        {
            AddText(text, origin, isDeclared);
            return;
        }

        _scan.Scan(text);
        if (_scan.Chunks.Length <= 1)
            AddScanned(origin, isDeclared);
        else if (AddScanned(origin with { Labels = origin.Labels | ProvenanceLabels.Untrusted, IsTrusted = false }, false)
            && _scan.Whole is { IsEmpty: false } whole && _lexicon.FindOrAdd(whole) is var entry and >= 0)
            _lexicon[entry].Learn(origin, isDeclared);
    }

    private void AddText(ReadOnlySpan<char> text, in TextOrigin origin, bool isDeclared)
    {
        _scan.Scan(text);
        AddScanned(origin, isDeclared);
    }

    /// <summary>Takes in the text that was scanned last.</summary>
    /// <returns>False where the text only came back to the call that had sent it.</returns>
    private bool AddScanned(in TextOrigin origin, bool isDeclared)
    {
        var chunks = _scan.Chunks;
        if (chunks.IsEmpty)
            return false;
        if (_entries.Length < chunks.Length)
            _entries = new int[chunks.Length * 2];

        // One value alone stands beside nothing: the lexicon knows all that there is to know of it.
        var isHeld = chunks.Length > 1 && _texts.Start(chunks.Length, origin);
        var entries = _entries.AsSpan(0, chunks.Length);
        var echoes = 0;
        for (var index = 0; index < chunks.Length; index++)
        {
            ref readonly var chunk = ref chunks[index];
            var entry = entries[index] = chunk.FormLength == 0 ? -1 : _lexicon.FindOrAdd(_scan.Form(chunk));
            if (entry >= 0)
            {
                ref var known = ref _lexicon[entry];
                var isEcho = known.Learn(origin, isDeclared && chunks.Length == 1);
                echoes += isEcho ? 1 : 0;
                if (isHeld)
                    _texts.Add(entry, ref known, isEcho);
            }
            else if (isHeld)
            {
                _texts.AddNone();
            }
        }

        if (isDeclared && echoes < chunks.Length && chunks.Length is > 1 and <= CarriedValues.DeclaredChunksMax
            && _lexicon.FindOrAdd(_scan.Joined(0, chunks.Length)) is var whole and >= 0)
            _lexicon[whole].Learn(origin, true);

        foreach (ref readonly var atom in _scan.Atoms)
            if (_lexicon.FindOrAdd(_scan.Form(atom)) is var entry and >= 0)
                _lexicon[entry].Learn(origin, false);
        if (origin.IsUntrusted)
            _hidden.Add(_scan, entries, origin.Link);
        return echoes < chunks.Length;
    }

    private void Echo(JsonElement arguments, uint link)
    {
        switch (arguments.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in arguments.EnumerateObject())
                    Echo(member.Value, link);
                break;
            case JsonValueKind.Array:
                foreach (var item in arguments.EnumerateArray())
                    Echo(item, link);
                break;
            case JsonValueKind.String or JsonValueKind.Number:
                _scan.Scan(_json.Scalar(arguments));
                foreach (ref readonly var chunk in _scan.Chunks)
                    if (chunk.FormLength > 0 && _lexicon.FindOrAdd(_scan.Form(chunk)) is var entry and >= 0)
                        _lexicon[entry].Echo = link;
                foreach (ref readonly var atom in _scan.Atoms)
                    if (_lexicon.FindOrAdd(_scan.Form(atom)) is var entry and >= 0)
                        _lexicon[entry].Echo = link;
                break;
        }
    }

    private ulong LiveSources(ResultShape shape, JsonElement arguments)
    {
        var live = 0UL;
        foreach (var source in shape.Sources)
            if (_plan.Sources[source].From.All(from => IsFrom(from, arguments)))
                live |= 1UL << source;
        return live;
    }

    private bool IsFrom(BoundFrom from, JsonElement arguments)
    {
        if (ValueKey.Find(arguments, from.Argument) is not { ValueKind: JsonValueKind.String or JsonValueKind.Number } actual)
            return false;
        JsonElement wanted;
        if (from.Value is { } value)
            wanted = value;
        else if (!_inputs.TryGetProperty(from.Input!, out wanted))
            return false;
        return _lookup.AreSame(_json.Scalar(actual), _wanted.Scalar(wanted));
    }

    private ResultShape ShapeOf(ToolFacts tool)
    {
        if (_shapes.TryGetValue(tool.Id, out var known) && known.IsFor(tool))
            return known;
        return _shapes[tool.Id] = new ResultShape(tool, _labels, _plan);
    }

    private static ulong KeyOf(MissionId mission, Digest rules)
    {
        var key = 0xCBF2_9CE4_8422_2325UL;
        foreach (var character in mission.Value)
            key = (key ^ character) * 0x0000_0100_0000_01B3UL;
        foreach (var character in rules.Value)
            key = (key ^ character) * 0x0000_0100_0000_01B3UL;
        return key;
    }
}
