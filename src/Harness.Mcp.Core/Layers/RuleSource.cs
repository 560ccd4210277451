using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Layers;

/// <summary>
/// Rules that hold for missions beside their own: the guardrails of the security team, or the terms that a tool owner sets for a backend.
/// Same language, same evaluator; every rule of every source must permit a call, so a source can only tighten.
/// </summary>
public sealed record RuleSource
{
    /// <summary>The name of the guardrails' source, and the prefix of its rules' ids; no backend with rules may have it.</summary>
    public const string Guardrails = "guardrails";

    /// <summary>The backend whose calls alone the rules judge; null for guardrails.</summary>
    public required BackendId? Backend { get; init; }

    /// <summary>In document order; each id starts with <see cref="Name"/> and a slash.</summary>
    public required ImmutableArray<Rule> Rules { get; init; }

    /// <summary>How labels stand to each other.</summary>
    public ImmutableArray<LabelLine> Labels { get; init; } = [];

    /// <summary>After how many refusals missions are narrowed and stopped; null where the source does not say.</summary>
    public DenialLimits? Denials { get; init; }

    /// <summary>What a link keeps of the source.</summary>
    public required RecordedSource Recorded { get; init; }

    public string Name => Recorded.Name;

    /// <summary>What was written, whatever its spelling: a source that says something else has another digest.</summary>
    public Digest Digest => field.Value is null ? field = Digest.Of(Recorded.Document) : field;
}
