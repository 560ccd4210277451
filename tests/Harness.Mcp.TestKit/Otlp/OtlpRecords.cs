using System.Collections.Immutable;
using System.Diagnostics;

namespace Harness.Mcp.TestKit.Otlp;

/// <summary>Where a record comes from: the resource's attributes, and the name of the source, meter or logger.</summary>
public sealed record OtlpOrigin(ImmutableDictionary<string, object?> Resource, string Scope);

/// <summary>A span as it arrived. Ids are lower-case hexadecimal; <see cref="ParentSpanId"/> is empty for a root.</summary>
public sealed record OtlpSpan
{
    public required OtlpOrigin Origin { get; init; }

    public required string TraceId { get; init; }

    public required string SpanId { get; init; }

    public required string ParentSpanId { get; init; }

    public required string Name { get; init; }

    public required ActivityKind Kind { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required DateTimeOffset End { get; init; }

    /// <summary>Values are <see cref="string"/>, <see cref="bool"/>, <see cref="long"/>, <see cref="double"/>, bytes, or an array or map of these.</summary>
    public required ImmutableDictionary<string, object?> Attributes { get; init; }

    public required ImmutableArray<OtlpSpanLink> Links { get; init; }

    public required ImmutableArray<OtlpSpanEvent> Events { get; init; }

    public required ActivityStatusCode Status { get; init; }

    public required string StatusMessage { get; init; }

    /// <summary>The attribute as text, or null where the span has none of this name.</summary>
    public string? this[string attribute] => Attributes.GetValueOrDefault(attribute)?.ToString();
}

/// <summary>One span that another points at.</summary>
public sealed record OtlpSpanLink(string TraceId, string SpanId, ImmutableDictionary<string, object?> Attributes);

/// <summary>Something that happened during a span.</summary>
public sealed record OtlpSpanEvent(string Name, DateTimeOffset Time, ImmutableDictionary<string, object?> Attributes);

/// <summary>One data point of a metric.</summary>
/// <param name="Value">The number; for a histogram its sum.</param>
/// <param name="Count">Measurements in a histogram; null for a plain number.</param>
/// <param name="Bounds">A histogram's bucket bounds; empty for a plain number.</param>
public sealed record OtlpMetricPoint(
    OtlpOrigin Origin,
    string Metric,
    string Unit,
    double Value,
    long? Count,
    ImmutableArray<double> Bounds,
    ImmutableDictionary<string, object?> Attributes);

/// <summary>One log record. The ids are empty where it was written outside any span.</summary>
public sealed record OtlpLogRecord(
    OtlpOrigin Origin,
    DateTimeOffset Time,
    int SeverityNumber,
    string Severity,
    object? Body,
    string EventName,
    string TraceId,
    string SpanId,
    ImmutableDictionary<string, object?> Attributes);

/// <summary>Everything that has arrived so far, in order of arrival.</summary>
public sealed record OtlpRecords(
    ImmutableArray<OtlpSpan> Spans, ImmutableArray<OtlpMetricPoint> Metrics, ImmutableArray<OtlpLogRecord> Logs)
{
    public static OtlpRecords Empty { get; } = new([], [], []);

    /// <summary>The spans whose parent is <paramref name="parent"/>, in order of start.</summary>
    public IEnumerable<OtlpSpan> ChildrenOf(OtlpSpan parent) => Spans
        .Where(span => span.TraceId == parent.TraceId && span.ParentSpanId == parent.SpanId)
        .OrderBy(span => span.Start);
}
