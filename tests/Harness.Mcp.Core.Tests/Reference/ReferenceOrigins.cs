using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tests.Provenance;

namespace Harness.Mcp.Core.Tests.Reference;

/// <summary>Where the values of a call came from, by the letter of the documentation: the whole chain is read again for every value.</summary>
internal sealed class ReferenceOrigins(MissionTemplate template, ReferenceChain chain)
{
    public bool IsBound(BoundArgument bound, ToolCall call) => Told(call.Arguments, bound.Path).TrueForAll(value =>
        Chain.Of(value).Any(occurrence => bound.Sources.Any(source => IsFrom(source, occurrence)))
        || (bound.Sources.Any(source => source.IsGrounded) && template.Grounding != GroundingMode.Off && IsGrounded(value)));

    public bool IsGrounded(Grant grant, ToolCall call)
    {
        if (template.Grounding == GroundingMode.Off || (call.Tool.IsRead && call.Tool.Sinks.IsEmpty))
            return true;
        return call.Tool.Targets.All(target => IsEndorsed(grant, target) || Told(call.Arguments, target).TrueForAll(IsGrounded));
    }

    private ProvenanceReference Chain => new(chain.Links);

    private bool IsGrounded(string value) =>
        template.Grounding == GroundingMode.Strict ? Chain.IsTrusted(value) : Chain.IsTrusted(value) || !Chain.IsTainted(value);

    /// <summary>Whether the mission's author said of the argument itself what it may be.</summary>
    private static bool IsEndorsed(Grant grant, FieldPath target) =>
        grant.Anchored.Any(anchored => anchored.Path.Text == target.Text)
        || grant.Bound.Any(bound => bound.Path.Text == target.Text)
        || grant.Arguments.Any(narrowed => narrowed.Name == target.Text && narrowed.ListsValues);

    private static bool IsFrom(BoundSource source, Occurrence occurrence) => !occurrence.IsPart && (occurrence.Tool is { } tool
        ? source.Tool?.ToString() == tool.ToString()
            && (source.Field is not { } field || occurrence.Path == field.Text || occurrence.Path.StartsWith($"{field.Text}[", StringComparison.Ordinal))
        : source.Input == occurrence.Path);

    /// <summary>The texts and numbers at an argument, lists item by item.</summary>
    private static List<string> Told(JsonElement arguments, FieldPath path) =>
        Values.Argument(arguments, path) is { } value ? [.. Told(value)] : [];

    private static IEnumerable<string> Told(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Number => [value.GetRawText()],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Told),
        _ => [],
    };
}
