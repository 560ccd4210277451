using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>How much a finding matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing, and often meant so.</summary>
    Note,

    /// <summary>Probably not what the author meant.</summary>
    Warning,

    /// <summary>Cannot be what the author meant: something named does not exist, or something granted can never be used.</summary>
    Error,
}

/// <summary>One thing that a look at a document found, before anything runs.</summary>
/// <param name="Remedy">What its author most likely meant, as a sentence; null where nothing is likely.</param>
public sealed record Finding(CheckKind Kind, Severity Severity, SourcePosition Position, string Message, string? Remedy)
{
    /// <summary>Tools whose calls, in this order, show what is found; empty where no chain does.</summary>
    public ImmutableArray<string> Chain { get; init; } = [];

    /// <summary>Where the other parts of a conflict stand, in whatever file; empty where the finding is about one place alone.</summary>
    public ImmutableArray<SourcePosition> Related { get; init; } = [];
}

/// <summary>What is looked for. Ids are a promise: programs filter by them.</summary>
/// <param name="Id">Lower-case words with hyphens.</param>
/// <param name="Severity">Of most of its findings.</param>
public sealed record CheckKind(string Id, Severity Severity, string Summary)
{
    public static readonly CheckKind Document = new("document", Severity.Error, "The document cannot be read as what it must be.");
    public static readonly CheckKind UnknownTool = new("unknown-tool", Severity.Error, "A tool, backend or class is named that the catalog does not have.");
    public static readonly CheckKind UnknownField = new("unknown-field", Severity.Error, "An argument or field of a result is named that the tool's schema does not have.");
    public static readonly CheckKind ArgumentMissing = new("argument-missing", Severity.Error, "A call that the proxy is to make lacks an argument that its tool demands.");
    public static readonly CheckKind WrongType = new("wrong-type", Severity.Error, "An expression uses a value as something that the tool's schema says it is not.");
    public static readonly CheckKind NeverEqual = new("never-equal", Severity.Warning, "A value is compared with one that it can never have.");
    public static readonly CheckKind GrantConflict = new("grant-conflict", Severity.Error, "Two grants select one tool with different limits, and the looser would decide.");
    public static readonly CheckKind GrantNeverUsed = new("grant-never-used", Severity.Error, "A grant permits no call that there can be.");
    public static readonly CheckKind AskNeverAllowed = new("ask-never-allowed", Severity.Warning, "A grant lets tools ask for what is refused to every one of them.");
    public static readonly CheckKind RuleNeverFires = new("rule-never-fires", Severity.Warning, "A rule can never deny anything.");
    public static readonly CheckKind RuleAlwaysDenies = new("rule-always-denies", Severity.Error, "A rule denies every call of a tool that is granted.");
    public static readonly CheckKind RuleSuperfluous = new("rule-superfluous", Severity.Warning, "A rule denies nothing that another, of the same or a stricter author, does not deny.");
    public static readonly CheckKind ToolUndescribed = new("tool-undescribed", Severity.Warning, "The owner of a granted tool has not said what it means.");
    public static readonly CheckKind BackendUnseen = new("backend-unseen", Severity.Note, "A backend's tools are known from its file alone, not from itself.");
    public static readonly CheckKind FlowPossible = new("flow-possible", Severity.Warning, "Labelled data can still reach a sink.");
    public static readonly CheckKind ExamplesMissing = new("examples-missing", Severity.Note, "Rules have no examples that would run when the mission is loaded.");

    public static ImmutableArray<CheckKind> All { get; } =
    [
        Document, UnknownTool, UnknownField, ArgumentMissing, WrongType, NeverEqual, GrantConflict, GrantNeverUsed, RuleNeverFires, RuleAlwaysDenies, ToolUndescribed,
        BackendUnseen, FlowPossible, ExamplesMissing, RuleSuperfluous, AskNeverAllowed,
    ];
}

internal static class FindingPlaces
{
    /// <summary>A place for a sentence that itself stands at another: where both are in one file, the line says it.</summary>
    public static string SeenFrom(this SourcePosition place, SourcePosition other) =>
        string.Equals(place.File, other.File, StringComparison.Ordinal) ? $"line {place.Line}" : place.ToString();
}

/// <summary>Gathers findings, each once.</summary>
internal sealed class FindingList
{
    private readonly List<Finding> _findings = [];

    public void Add(CheckKind kind, SourcePosition at, string message, string? remedy = null) =>
        Add(new Finding(kind, kind.Severity, at, message, remedy));

    public void Add(Finding finding)
    {
        if (!_findings.Exists(known => known.Position == finding.Position && known.Message == finding.Message))
            _findings.Add(finding);
    }

    /// <summary>In the order of the documents.</summary>
    public ImmutableArray<Finding> ToImmutable() =>
        [.. _findings.OrderBy(finding => finding.Position.File, StringComparer.Ordinal).ThenBy(finding => finding.Position.Line).ThenBy(finding => finding.Position.Column)];
}
