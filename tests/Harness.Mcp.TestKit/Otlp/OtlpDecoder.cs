using System.Collections.Immutable;
using System.Diagnostics;
using Google.Protobuf;

namespace Harness.Mcp.TestKit.Otlp;

/// <summary>Reads the three export requests of OTLP 1.x. The numbers are those of the fields in the protocol's published definitions.</summary>
internal static class OtlpDecoder
{
    public static ImmutableArray<OtlpSpan> Spans(ByteString request) =>
        [.. Scoped(request).SelectMany(scope => scope.Message.Messages(2).Select(span => Span(scope.Origin, span)))];

    public static ImmutableArray<OtlpMetricPoint> Metrics(ByteString request) =>
        [.. Scoped(request).SelectMany(scope => scope.Message.Messages(2).SelectMany(metric => Points(scope.Origin, metric)))];

    public static ImmutableArray<OtlpLogRecord> Logs(ByteString request) =>
        [.. Scoped(request).SelectMany(scope => scope.Message.Messages(2).Select(record => Log(scope.Origin, record)))];

    /// <summary>All three requests nest alike: resources, scopes within, records within these.</summary>
    private static IEnumerable<(OtlpOrigin Origin, WireMessage Message)> Scoped(ByteString request) =>
        from resource in WireMessage.Parse(request).Messages(1)
        let attributes = Attributes(resource.Message(1), 1)
        from scope in resource.Messages(2)
        select (new OtlpOrigin(attributes, scope.Message(1).Text(1)), scope);

    private static OtlpSpan Span(OtlpOrigin origin, WireMessage span) => new()
    {
        Origin = origin,
        TraceId = span.Hex(1),
        SpanId = span.Hex(2),
        ParentSpanId = span.Hex(4),
        Name = span.Text(5),
        Kind = span.Integer(6) switch
        {
            2 => ActivityKind.Server,
            3 => ActivityKind.Client,
            4 => ActivityKind.Producer,
            5 => ActivityKind.Consumer,
            _ => ActivityKind.Internal,
        },
        Start = span.Time(7),
        End = span.Time(8),
        Attributes = Attributes(span, 9),
        Events = [.. span.Messages(11).Select(happened => new OtlpSpanEvent(happened.Text(2), happened.Time(1), Attributes(happened, 3)))],
        Links = [.. span.Messages(13).Select(link => new OtlpSpanLink(link.Hex(1), link.Hex(2), Attributes(link, 4)))],
        Status = (ActivityStatusCode)span.Message(15).Integer(3),
        StatusMessage = span.Message(15).Text(2),
    };

    private static IEnumerable<OtlpMetricPoint> Points(OtlpOrigin origin, WireMessage metric)
    {
        const int Gauge = 5, Sum = 7, Histogram = 9;

        var (name, unit) = (metric.Text(1), metric.Text(3));
        var numbers = metric.Messages(Gauge).Concat(metric.Messages(Sum)).SelectMany(data => data.Messages(1));
        foreach (var point in numbers)
            yield return new OtlpMetricPoint(
                origin, name, unit, point.Has(6) ? point.Integer(6) : point.Double(4), null, [], Attributes(point, 7));

        foreach (var point in metric.Messages(Histogram).SelectMany(data => data.Messages(1)))
            yield return new OtlpMetricPoint(origin, name, unit, point.Double(5), point.Integer(4), point.Doubles(7), Attributes(point, 9));
    }

    private static OtlpLogRecord Log(OtlpOrigin origin, WireMessage record) => new(
        origin,
        record.Time(record.Has(1) ? 1 : 11),
        (int)record.Integer(2),
        record.Text(3),
        AnyValue(record.Message(5)),
        record.Text(12),
        record.Hex(9),
        record.Hex(10),
        Attributes(record, 6));

    private static ImmutableDictionary<string, object?> Attributes(WireMessage owner, int number)
    {
        var attributes = ImmutableDictionary.CreateBuilder<string, object?>(StringComparer.Ordinal);
        foreach (var pair in owner.Messages(number))
            attributes[pair.Text(1)] = AnyValue(pair.Message(2));
        return attributes.ToImmutable();
    }

    private static object? AnyValue(WireMessage value) => value.Numbers.LastOrDefault() switch
    {
        0 => null,
        1 => value.Text(1),
        2 => value.Integer(2) != 0,
        3 => value.Integer(3),
        4 => value.Double(4),
        5 => value.Message(5).Messages(1).Select(AnyValue).ToImmutableArray(),
        6 => Attributes(value.Message(6), 1),
        7 => value.Bytes(7).ToByteArray(),
        var unknown => throw new InvalidDataException($"An OTLP value of kind {unknown} is not known."),
    };
}
