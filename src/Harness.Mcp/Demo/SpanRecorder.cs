using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using Harness.Mcp.Proxy.Telemetry;

namespace Harness.Mcp.Demo;

/// <summary>Keeps the proxy's spans of this process, as a collector would get them, and tells of each that ends.</summary>
internal sealed class SpanRecorder : IDisposable
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;

    /// <param name="ended">Called for each span that ended, on the thread that ended it.</param>
    public SpanRecorder(Action ended)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => string.Equals(source.Name, HarnessTelemetry.Name, StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                _spans.Enqueue(span);
                ended();
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The spans of one call: the agent's request and its children, in order of start.</summary>
    public ImmutableArray<Activity> Of(string callId)
    {
        var spans = _spans.ToArray();
        var request = Array.Find(spans, span => span.Kind == ActivityKind.Server && (string?)span.GetTagItem(HarnessTelemetry.Tags.CallId) == callId);
        return request is null
            ? []
            : [request, .. spans.Where(span => span.ParentSpanId == request.SpanId && span.TraceId == request.TraceId).OrderBy(span => span.StartTimeUtc)];
    }

    public void Dispose() => _listener.Dispose();
}
