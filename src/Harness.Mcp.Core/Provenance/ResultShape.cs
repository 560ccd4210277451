using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Provenance;

/// <summary>
/// Which labels and which named sources each place of one tool's results has. The labels of the longest declared path that leads to a place hold
/// for it, those of the whole result where none does.
/// </summary>
internal sealed class ResultShape
{
    private const int PathsMax = 64;

    private readonly ToolFacts _tool;
    private readonly ImmutableArray<Watched> _paths;

    public ResultShape(ToolFacts tool, ProvenanceLabels labels, ProvenancePlan plan)
    {
        _tool = tool;
        All = labels.MaskOf(tool.Labels.All);
        Whole = labels.MaskOf(tool.Labels.Whole);
        var paths = ImmutableArray.CreateBuilder<Watched>();
        foreach (var field in tool.Labels.Fields)
            paths.Add(new Watched(field.Path, labels.MaskOf(field.Labels), -1));
        for (var source = 0; source < plan.Sources.Length; source++)
        {
            if (plan.Sources[source].Tool?.Selects(tool) != true)
                continue;
            if (plan.Sources[source].Field is { } field)
                paths.Add(new Watched(field, null, source));
            else
                Anywhere = Anywhere.Add(source);
        }

        // A tool with more declared places than can be followed has every label everywhere, and is no source: both only deny.
        if (paths.Count > PathsMax)
        {
            (Whole, Anywhere) = (All | ProvenanceLabels.Untrusted, []);
            paths.Clear();
        }

        _paths = paths.ToImmutable();
    }

    /// <summary>Whether both facts give results the same meaning.</summary>
    public bool IsFor(ToolFacts tool) => ReferenceEquals(_tool, tool)
        || (_tool.Id == tool.Id
            && _tool.Effect == tool.Effect
            && string.Equals(_tool.Domain, tool.Domain, StringComparison.Ordinal)
            && _tool.Labels.Whole.AsSpan().SequenceEqual(tool.Labels.Whole.AsSpan())
            && _tool.Labels.Fields.Length == tool.Labels.Fields.Length
            && _tool.Labels.Fields.Zip(tool.Labels.Fields).All(pair =>
                pair.First.Path == pair.Second.Path && pair.First.Labels.AsSpan().SequenceEqual(pair.Second.Labels.AsSpan())));

    /// <summary>For text, whose parts nobody can tell apart: every label that a part of it can have.</summary>
    public ulong All { get; }

    public ulong Whole { get; }

    /// <summary>Sources that count wherever in the result a value stands.</summary>
    public ImmutableArray<int> Anywhere { get; } = [];

    public ImmutableArray<int> Sources => [.. Anywhere, .. from path in _paths where path.Source >= 0 select path.Source];

    /// <param name="live">Sources whose `from` the call satisfies, as bits.</param>
    public Place Start(JsonElement result, ulong live)
    {
        // One string is text like any other: that a field is declared says nothing of what stands in it.
        var text = Text(live);
        var alive = _paths.Length == PathsMax ? ulong.MaxValue : (1UL << _paths.Length) - 1;
        return Arrive(text with { Labels = result.ValueKind == JsonValueKind.String ? All : Whole, Alive = alive }, live);
    }

    /// <summary>What holds for text beside the fields: it has every label that a part of it can have.</summary>
    public Place Text(ulong live)
    {
        var sources = 0UL;
        foreach (var source in Anywhere)
            sources |= live & (1UL << source);
        return new Place(All, false, sources, 0, 0);
    }

    /// <param name="member">Null for an item of a list.</param>
    public Place Enter(in Place at, JsonProperty? member, ulong live)
    {
        if (at.Alive == 0)
            return at;
        var alive = 0UL;
        for (var bits = at.Alive; bits != 0; bits &= bits - 1)
        {
            var path = System.Numerics.BitOperations.TrailingZeroCount(bits);
            var steps = _paths[path].Path.Steps;
            if (at.Depth < steps.Length && (steps[at.Depth] is { } name ? member?.NameEquals(name) == true : member is null))
                alive |= 1UL << path;
        }

        return Arrive(at with { Alive = alive, Depth = at.Depth + 1 }, live);
    }

    private Place Arrive(Place at, ulong live)
    {
        ulong? labels = null;
        var sources = at.Sources;
        for (var bits = at.Alive; bits != 0; bits &= bits - 1)
        {
            var path = _paths[System.Numerics.BitOperations.TrailingZeroCount(bits)];
            if (path.Path.Steps.Length != at.Depth)
                continue;
            if (path.Labels is { } mask)
                labels = (labels ?? 0) | mask;
            else
                sources |= live & (1UL << path.Source);
        }

        return labels is { } found
            ? at with { Labels = found, IsDeclared = true, Sources = sources }
            : at with { Sources = sources };
    }

    private readonly record struct Watched(FieldPath Path, ulong? Labels, int Source);
}

/// <summary>A place in a result, and what holds there.</summary>
/// <param name="IsDeclared">The labels are those of a declared field.</param>
/// <param name="Alive">Declared paths that may still lead further, as bits.</param>
internal readonly record struct Place(ulong Labels, bool IsDeclared, ulong Sources, ulong Alive, int Depth);
