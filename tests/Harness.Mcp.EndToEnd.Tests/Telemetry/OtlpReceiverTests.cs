using System.Diagnostics;
using System.Diagnostics.Metrics;
using Harness.Mcp.TestKit.Otlp;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Telemetry;

/// <summary>The receiver that other tests trust, against OpenTelemetry's own exporter over both protocols.</summary>
public sealed class OtlpReceiverTests
{
    private static readonly KeyValuePair<string, object?>[] Attributes =
        [new("text", "é"), new("number", 7L), new("flag", true), new("ratio", 0.5), new("many", new[] { "a", "b" })];

    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public async Task Span_Arrives_WithParentLinksAttributesAndStatus(OtlpExportProtocol protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var source = new ActivitySource($"receiver-{Guid.NewGuid():N}");
        var earlier = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        using var provider = Sdk.CreateTracerProviderBuilder()
            .AddSource(source.Name)
            .ConfigureResource(resource => resource.AddService("sender"))
            .AddOtlpExporter(otlp => Address(otlp, receiver, protocol, "v1/traces"))
            .Build();

        using (var parent = source.StartActivity("parent", ActivityKind.Server))
        using (var child = source.StartActivity("child", ActivityKind.Client, default(ActivityContext), Attributes, [new ActivityLink(earlier)]))
        {
            child?.AddEvent(new ActivityEvent("noticed"));
            child?.SetStatus(ActivityStatusCode.Error, "refused");
        }

        provider.ForceFlush();

        var records = await receiver.WaitUntilAsync(seen => seen.Spans.Length == 2, cancellationToken: TestContext.Current.CancellationToken);
        var root = records.Spans.Single(span => span.Name == "parent");
        var leaf = Assert.Single(records.ChildrenOf(root));
        Assert.Equal(("", ActivityKind.Server, ActivityStatusCode.Unset), (root.ParentSpanId, root.Kind, root.Status));
        Assert.Equal(("child", ActivityKind.Client, ActivityStatusCode.Error, "refused"), (leaf.Name, leaf.Kind, leaf.Status, leaf.StatusMessage));
        Assert.Equal((earlier.TraceId.ToHexString(), earlier.SpanId.ToHexString()), (leaf.Links.Single().TraceId, leaf.Links.Single().SpanId));
        Assert.Equal(("é", 7L, true, 0.5), (leaf.Attributes["text"], leaf.Attributes["number"], leaf.Attributes["flag"], leaf.Attributes["ratio"]));
        Assert.Equal(["a", "b"], Assert.IsAssignableFrom<IEnumerable<object?>>(leaf.Attributes["many"]));
        Assert.Equal("noticed", leaf.Events.Single().Name);
        Assert.Equal((source.Name, "sender"), (leaf.Origin.Scope, leaf.Origin.Resource["service.name"]));
        Assert.InRange(leaf.Start, root.Start, root.End);
    }

    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public async Task Metrics_Arrive_AsNumbersAndHistograms(OtlpExportProtocol protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var meter = new Meter($"receiver-{Guid.NewGuid():N}");
        using var provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(meter.Name)
            .AddOtlpExporter(otlp => Address(otlp, receiver, protocol, "v1/metrics"))
            .Build();

        meter.CreateCounter<long>("calls", "{call}").Add(3, new KeyValuePair<string, object?>("outcome", "deny"));
        meter.CreateHistogram("duration", "s", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] }).Record(0.25);
        provider.ForceFlush();

        var records = await receiver.WaitUntilAsync(seen => seen.Metrics.Length >= 2, cancellationToken: TestContext.Current.CancellationToken);
        var calls = records.Metrics.First(point => point.Metric == "calls");
        Assert.Equal((3, "{call}", "deny"), (calls.Value, calls.Unit, calls.Attributes["outcome"]));
        var duration = records.Metrics.First(point => point.Metric == "duration");
        Assert.Equal((0.25, 1L), (duration.Value, duration.Count));
        Assert.Equal([0.1, 1], duration.Bounds);
    }

    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public async Task LogRecord_Arrives_WithItsSpan(OtlpExportProtocol protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var loggers = LoggerFactory.Create(logging => logging.AddOpenTelemetry(options =>
            options.AddOtlpExporter(otlp => Address(otlp, receiver, protocol, "v1/logs"))));
        using var activity = new Activity("around").Start();

        TestLog.Denied(loggers.CreateLogger("here"), "ws-0142");
        loggers.Dispose();

        var records = await receiver.WaitUntilAsync(seen => seen.Logs.Length == 1, cancellationToken: TestContext.Current.CancellationToken);
        var record = records.Logs.Single();
        Assert.Equal((activity.TraceId.ToHexString(), activity.SpanId.ToHexString()), (record.TraceId, record.SpanId));
        Assert.Equal(("here", 13, "ws-0142"), (record.Origin.Scope, record.SeverityNumber, record.Attributes["Host"]));
    }

    [Fact]
    public async Task Wait_EndsInTimeout_NamingWhatCame()
    {
        await using var receiver = await OtlpReceiver.StartAsync();

        var failure = await Assert.ThrowsAsync<TimeoutException>(() => receiver.WaitForSpanAsync(
            _ => true, TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken));

        Assert.Contains("Metric points: 0", failure.Message, StringComparison.Ordinal);
    }

    private static void Address(OtlpExporterOptions otlp, OtlpReceiver receiver, OtlpExportProtocol protocol, string path)
    {
        otlp.Protocol = protocol;
        otlp.Endpoint = protocol == OtlpExportProtocol.Grpc ? receiver.GrpcEndpoint : new Uri(receiver.HttpEndpoint, path);
    }
}

internal static partial class TestLog
{
    [LoggerMessage(1, LogLevel.Warning, "Isolation of {Host} denied.")]
    public static partial void Denied(ILogger logger, string host);
}
