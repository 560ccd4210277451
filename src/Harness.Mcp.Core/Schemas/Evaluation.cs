using System.Collections.Immutable;
using System.Globalization;

namespace Harness.Mcp.Core.Schemas;

/// <summary>One run of a schema over a value: what it may still cost, where it stands and, in a second run, why the value fails.</summary>
internal sealed class Evaluation(bool isCollecting)
{
    /// <summary>Most steps of any run, whatever the value's size: some 100 ms.</summary>
    public const int StepsMax = 2_000_000;

    /// <summary>Deepest nesting of schemas within schemas, which bounds the stack.</summary>
    public const int DepthMax = 400;

    private const int NameLengthMax = 64;

    private readonly ImmutableArray<SchemaViolation>.Builder? _violations = isCollecting ? ImmutableArray.CreateBuilder<SchemaViolation>() : null;
    private readonly List<(string? Name, int Index)>? _path = isCollecting ? [] : null;
    private int _stepsMax;
    private int _steps;
    private int _depth;
    private int _silent;

    public bool IsExhausted { get; private set; }

    /// <summary>Whether keywords should report and go on; not inside a schema that is only tried.</summary>
    public bool IsCollecting => isCollecting && _silent == 0;

    public bool KeepsDynamicScope { get; private set; }

    public DynamicScope? Scope { get; set; }

    public ImmutableArray<SchemaViolation> Violations => _violations?.ToImmutable() ?? [];

    /// <summary>Starts a run; of a run before nothing is left.</summary>
    public void Begin(int stepsMax, bool keepsDynamicScope)
    {
        (_stepsMax, KeepsDynamicScope) = (stepsMax, keepsDynamicScope);
        (_steps, _depth, _silent, IsExhausted, Scope) = (0, 0, 0, false, null);
    }

    public bool Enter()
    {
        _depth++;
        if (_depth > DepthMax)
            IsExhausted = true;
        return Charge(1);
    }

    public void Leave() => _depth--;

    /// <summary>Pays for work. False where the budget is spent: the run is void then, whatever it returns.</summary>
    public bool Charge(int steps)
    {
        _steps += steps;
        if (_steps > _stepsMax)
            IsExhausted = true;
        return !IsExhausted;
    }

    /// <summary>Starts a try whose failure is no violation by itself (`anyOf`, `not`, `if`, …).</summary>
    public void BeginTry() => _silent++;

    public void EndTry() => _silent--;

    public void Push(string name) => _path?.Add((name, 0));

    public void Push(int index) => _path?.Add((null, index));

    public void Pop() => _path?.RemoveAt(_path.Count - 1);

    /// <param name="message">Continues the name of the place: "`to` " + "must be a string".</param>
    public void Report(string keyword, string message) => Add(keyword, $"{Place(null)} {message}.");

    /// <summary>Reports about a member of the object at hand that may not exist.</summary>
    public void ReportMember(string keyword, string member, string message) => Add(keyword, $"{Place(member)} {message}.");

    private void Add(string keyword, string message)
    {
        if (IsCollecting && _violations is { Count: < JsonSchema.ViolationsMax })
            _violations.Add(new SchemaViolation(Pointer(), keyword, message));
    }

    private string Pointer() => string.Concat((_path ?? []).Select(step => "/" + (step.Name is null
        ? step.Index.ToString(CultureInfo.InvariantCulture)
        : step.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal))));

    private string Place(string? member)
    {
        var steps = _path ?? [];
        if (steps.Count == 0 && member is null)
            return "The value";

        var name = "";
        foreach (var (step, index) in steps)
            name += step is null ? $"[{index}]" : name.Length == 0 ? Shown(step) : "." + Shown(step);
        if (member is not null)
            name += name.Length == 0 ? Shown(member) : "." + Shown(member);
        return $"`{name}`";
    }

    private static string Shown(string name)
    {
        var cut = name.Length <= NameLengthMax ? name : name[..NameLengthMax] + "…";
        return string.Concat(cut.Select(c => char.IsControl(c) || c == '`' ? '?' : c));
    }
}

/// <summary>The schema resources that evaluation has passed through, innermost first.</summary>
internal sealed record DynamicScope(SchemaResource Resource, DynamicScope? Outer);

/// <summary>Which members or items of one value some subschema has looked at, for `unevaluatedProperties` and `unevaluatedItems`.</summary>
internal sealed class Evaluated(int count)
{
    private readonly bool[] _isSeen = new bool[count];
    private bool _isAll;

    public bool this[int index] => _isAll || _isSeen[index];

    public void Mark(int index) => _isSeen[index] = true;

    public void MarkAll() => _isAll = true;

    public void Add(Evaluated other)
    {
        _isAll |= other._isAll;
        for (var index = 0; index < _isSeen.Length; index++)
            _isSeen[index] |= other._isSeen[index];
    }

    public Evaluated Fresh() => new(_isSeen.Length);
}
