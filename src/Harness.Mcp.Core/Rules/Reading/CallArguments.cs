using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Rules.Reading;

/// <summary>
/// The arguments of one call after another. What the rules of a mission ask for by name is found in one pass over the arguments and
/// decoded once, however many rules ask; to expressions it is the map `call.args`.
/// </summary>
internal sealed class CallArguments : CelMap
{
    // Far more names than the rules of one tool read; beyond them an argument is looked up each time.
    private const int NamesMax = 256;
    private const int BucketsMask = 63;

    private readonly List<Named> _names = [];
    private readonly RecentTexts _texts = new();
    private readonly Named?[] _buckets = new Named?[BucketsMask + 1];
    private JsonElement _arguments;
    private JsonCelMap? _whole;
    private int _round;
    private int _readRound;

    /// <summary>The arguments themselves.</summary>
    public JsonElement Json => _arguments;

    public override int Count => Whole.Count;

    public override IReadOnlyList<CelValue> Keys => Whole.Keys;

    public override long Weight => Whole.Weight;

    private JsonCelMap Whole => _whole ??= new JsonCelMap(_arguments);

    /// <summary>Turns to the arguments of another call.</summary>
    /// <param name="arguments">A JSON object; anything else has no arguments.</param>
    public void Show(JsonElement arguments)
    {
        _arguments = arguments;
        _whole = null;
        _round++;
    }

    /// <summary>A handle for an argument that rules read; the same for the same name. Null past the bound.</summary>
    public Named? Of(string name)
    {
        foreach (var known in _names)
            if (string.Equals(known.Name, name, StringComparison.Ordinal))
                return known;
        if (_names.Count == NamesMax || name.Length == 0)
            return null;

        var named = new Named(name);
        ref var bucket = ref _buckets[BucketOf(named.Utf8)];
        named.Next = bucket;
        bucket = named;
        _names.Add(named);
        _readRound = _round - 1; // It may stand in arguments that were read already.
        return named;
    }

    /// <summary>The same for a path, where that is a single name; else null.</summary>
    public Named? Of(FieldPath path) => path.Root is { } root && root.Length == path.Text.Length ? Of(root) : null;

    /// <returns>False where the call lacks the argument.</returns>
    public bool TryRead(Named name, out JsonElement value)
    {
        if (_readRound != _round)
            ReadAll();
        value = name.Found;
        return name.FoundRound == _round;
    }

    /// <summary>For a name that a rule spells; those that come from values are looked up by <see cref="TryGet"/>.</summary>
    public override bool TryGetField(string name, out CelValue value)
    {
        if (Of(name) is not { } named)
            return Whole.TryGetField(name, out value);
        if (named.DecodedRound == _round)
        {
            value = named.Decoded;
            return true;
        }

        if (!TryRead(named, out var found))
        {
            value = default;
            return false;
        }

        value = named.Decoded = TextOf(found) is { } text ? text.Value.Value : CelValue.FromJson(found);
        named.DecodedRound = _round;
        return true;
    }

    /// <summary>The number of an argument as a key, worked out once for a call.</summary>
    /// <param name="number"><see cref="KeyTable.Unknown"/> as of <see cref="NumberOf"/>.</param>
    /// <returns>False where the call lacks the argument.</returns>
    public bool TryNumber(Named name, KeyTable table, bool isKept, out int number)
    {
        number = name.Number;
        if (name.NumberedRound == _round && (number != KeyTable.Unknown || !isKept))
            return true;
        if (!TryRead(name, out var found))
            return false;
        name.Number = number = NumberOf(found, table, isKept);
        name.NumberedRound = _round;
        return true;
    }

    /// <summary>The number of a value as a key.</summary>
    /// <param name="isKept">Whether the key is to be remembered where it is not known.</param>
    public int NumberOf(JsonElement value, KeyTable table, bool isKept)
    {
        if (TextOf(value) is { } text)
            return text.NumberIn(table, isKept);
        Span<char> room = stackalloc char[ValueKey.CharsMax];
        var key = room[..ValueKey.Write(value, room)];
        return isKept ? table.Add(key) : table.Find(key);
    }

    private RecentText? TextOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? _texts.Of(JsonMarshal.GetRawUtf8Value(value)) : null;

    public override bool TryGet(in CelValue key, out CelValue value) => Whole.TryGet(key, out value);

    private void ReadAll()
    {
        _readRound = _round;
        if (_arguments.ValueKind != JsonValueKind.Object)
            return;
        foreach (var member in _arguments.EnumerateObject())
        {
            var name = JsonMarshal.GetRawUtf8PropertyName(member);
            for (var named = _buckets[BucketOf(name)]; named is not null; named = named.Next)
                if (name.SequenceEqual(named.Utf8))
                    named.Take(member.Value, _round);
            if (name.Contains((byte)'\\'))
                ReadEscaped(member);
        }
    }

    private void ReadEscaped(JsonProperty member)
    {
        foreach (var named in _names)
            if (member.NameEquals(named.Utf8))
                named.Take(member.Value, _round);
    }

    private static int BucketOf(ReadOnlySpan<byte> name) => name.IsEmpty ? 0 : (name.Length + (name[0] * 7) + (name[^1] * 31)) & BucketsMask;

    /// <summary>One argument that rules read, and what it is in the call that is shown.</summary>
    public sealed class Named(string name)
    {
        public string Name => name;

        public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(name);

        public Named? Next { get; set; }

        public JsonElement Found { get; private set; }

        public int FoundRound { get; private set; }

        public CelValue Decoded { get; set; }

        public int DecodedRound { get; set; }

        public int Number { get; set; }

        public int NumberedRound { get; set; }

        /// <summary>Of an argument that stands twice the last one counts, as everywhere.</summary>
        public void Take(JsonElement found, int round) => (Found, FoundRound) = (found, round);
    }
}
