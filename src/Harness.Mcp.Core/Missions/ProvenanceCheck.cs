using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Provenance;

namespace Harness.Mcp.Core.Missions;

/// <summary>Whether the values of a call came from where its grant (`bound`) and its mission (`grounding`) want them to come from.</summary>
internal static class ProvenanceCheck
{
    /// <returns>Why a bound argument does not come from its sources, or null.</returns>
    public static Denial? RefuseUnbound(Grant grant, ToolCall call, ProvenanceIndex index)
    {
        foreach (var bound in grant.Bound)
        {
            var bits = index.Plan.BitsOf(bound);
            var values = new ArgumentValues(call.Arguments, bound.Path);
            if (values.FirstWhere(value => (index.Find(value).Sources & bits) == 0) is { } found)
                return NotBound(bound, found, index);
        }

        return null;
    }

    /// <returns>Why a target of an effect is not grounded, or null.</returns>
    public static Denial? RefuseUngrounded(Grant grant, ToolCall call, GroundingMode mode, ProvenanceIndex index)
    {
        // What a read asks for changes nothing and goes nowhere, unless its arguments leave: a web page's address can carry data out.
        if (mode == GroundingMode.Off || (call.Tool.IsRead && call.Tool.Sinks.IsEmpty))
            return null;

        foreach (var target in call.Tool.Targets)
        {
            if (IsEndorsed(grant, target))
                continue;
            var values = new ArgumentValues(call.Arguments, target);
            if (values.FirstWhere(value => !IsGrounded(value, mode, index)) is { } found)
                return NotGrounded(found, mode, index);
        }

        return null;
    }

    private static bool IsGrounded(JsonElement value, GroundingMode mode, ProvenanceIndex index)
    {
        // Past its bounds the index cannot say that a value never came from untrusted content.
        if (mode == GroundingMode.Strict || index.IsIncomplete)
            return index.Find(value).IsTrusted;
        var origin = index.Find(value);
        return origin.IsTrusted || (!origin.IsCut && index.FindTaint(value) == 0);
    }

    /// <summary>Whether the mission's author said of this very argument what it may be: by anchor, by binding, or by listing its values.</summary>
    private static bool IsEndorsed(Grant grant, FieldPath target)
    {
        foreach (var anchored in grant.Anchored)
            if (Covers(anchored.Path, target))
                return true;
        foreach (var bound in grant.Bound)
            if (Covers(bound.Path, target))
                return true;
        foreach (var narrowed in grant.Arguments)
            if (narrowed.ListsValues && string.Equals(narrowed.Name, target.Text.Replace("[]", "", StringComparison.Ordinal), StringComparison.Ordinal))
                return true;
        return false;
    }

    private static bool Covers(FieldPath outer, FieldPath inner)
    {
        var (one, other) = (outer.Steps, inner.Steps);
        var length = one.Length;
        while (length > 0 && one[length - 1] is null)
            length--; // `to` and `to[]` are the same values.
        return length <= other.Length && one.AsSpan(0, length).SequenceEqual(other.AsSpan(0, length));
    }

    private static Denial NotBound(BoundArgument bound, FoundValue found, ProvenanceIndex index)
    {
        var tools = bound.Sources.Where(source => source.Tool is not null).Select(source => source.Tool!.ToString()!).Distinct(StringComparer.Ordinal).ToImmutableArray();
        var inputs = bound.Sources.Where(source => source.Input is not null).Select(source => $"`{source.Input}`").Distinct(StringComparer.Ordinal).ToImmutableArray();
        var say = (tools.IsEmpty, inputs.IsEmpty) switch
        {
            (true, _) => $"`{bound.Path}` must be what this mission was given as {string.Join(" or ", inputs)}; use that value.",
            (_, true) => $"`{bound.Path}` must be a value that {Words(tools)} returned to this mission in the field meant for it; look it up there and use it unchanged.",
            _ => $"`{bound.Path}` must be what this mission was given as {string.Join(" or ", inputs)}, or a value that {Words(tools)} returned to it; use one of these unchanged.",
        };
        return new Denial(ReasonCode.NotBound, say)
        {
            Argument = found.Path,
            Because = Because(index.Find(found.Value).First),
            AllowedNext = tools,
        };
    }

    private static Denial NotGrounded(FoundValue found, GroundingMode mode, ProvenanceIndex index)
    {
        var origin = index.Find(found.Value);
        var taint = origin.IsTrusted ? 0 : index.FindTaint(found.Value);
        if (taint != 0)
            return Refused(
                $"`{found.Path}` is a value that this mission knows from untrusted content alone; use one from the mission's inputs or from a trusted result, or leave this call out.", taint);
        if (mode == GroundingMode.Lax)
            return Refused(
                $"`{found.Path}` cannot be told from untrusted content any more, of which this mission has read more than it can keep account of; use a value from the mission's inputs or from a trusted result.",
                index.UnreadUntrusted);
        return Refused(
            $"`{found.Path}` is a value that this mission does not know; look it up first with a tool whose results are trusted, and use exactly what that returns.", origin.First);

        Denial Refused(string say, long link) => new(ReasonCode.NotGrounded, say) { Argument = found.Path, Because = Because(link) };
    }

    private static ImmutableArray<long> Because(long link) => link > 1 ? [link] : [];

    private static string Words(ImmutableArray<string> tools) => string.Join(" or ", tools.Select(tool => $"`{tool}`"));
}
