using System.Diagnostics;
using Harness.Mcp.Proxy.Telemetry;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// The SERVER span of one request, and its duration. Names and labels are ours or resolved: an agent cannot mint them, and what
/// it wrote never stands in the status.
/// </summary>
internal sealed class ServerActivity : IDisposable
{
    private readonly Activity? _activity;
    private readonly Activity? _before;
    private readonly long _started = Stopwatch.GetTimestamp();
    private TagList _labels;

    /// <summary>Whether anybody would learn of a span or its duration, or another span is to be kept from being the parent of what follows.</summary>
    public static bool IsWanted => HarnessTelemetry.Source.HasListeners() || HarnessTelemetry.ServerDuration.Enabled || Activity.Current is not null;

    /// <param name="tool">The tool's name where the mission lists it; null for other methods and unknown tools.</param>
    public ServerActivity(AgentRequest request, string? tool)
    {
        var message = request.Message!;
        var name = tool is not null
            ? $"{message.Method} {tool}"
            : string.Equals(message.Method, Methods.CallTool, StringComparison.Ordinal) ? $"{Methods.CallTool} {Methods.Other}" : message.Method;
        _labels = new TagList
        {
            { HarnessTelemetry.Tags.Method, message.Method },
            { HarnessTelemetry.Tags.ProtocolVersion, request.Version },
            { HarnessTelemetry.Tags.Transport, "tcp" },
        };
        if (string.Equals(message.Method, Methods.CallTool, StringComparison.Ordinal))
        {
            _labels.Add(HarnessTelemetry.Tags.Tool, tool ?? Methods.Other);
            _labels.Add(HarnessTelemetry.Tags.Operation, "execute_tool");
        }

        // The agent's span is the parent, never the HTTP host's own activity.
        _before = Activity.Current;
        Activity.Current = null;
        var (parent, links) = OriginOf(request);
        _activity = HarnessTelemetry.Source.StartActivity(name, ActivityKind.Server, parent, links: links);
        if (_activity is null) return; // Nobody records, so what the host made of the request is nobody's parent.

        foreach (var label in _labels) _activity.SetTag(label.Key, label.Value);
        _activity.SetTag(HarnessTelemetry.Tags.RequestId, message.Id?.ToString());
        _activity.SetTag(HarnessTelemetry.Tags.Mission, request.Mission.Value);
        _activity.SetTag(HarnessTelemetry.Tags.Agent, request.Agent.Id.Value);
        _activity.SetTag(HarnessTelemetry.Tags.SessionId, request.Session?.Id);
        _activity.SetTag(HarnessTelemetry.Tags.Protocol, "http");
        _activity.SetTag(HarnessTelemetry.Tags.HttpVersion, request.Origin?.HttpVersion);
        _activity.SetTag(HarnessTelemetry.Tags.ClientAddress, request.Origin?.ClientAddress);
        _activity.SetTag(HarnessTelemetry.Tags.ClientPort, request.Origin?.ClientPort);
    }

    /// <param name="error">`tool_error`, or a JSON-RPC error code: fixed words, since the label is a metric's too.</param>
    public void Failed(string error)
    {
        _labels.Add(HarnessTelemetry.Tags.ErrorType, error);
        _activity?.SetTag(HarnessTelemetry.Tags.ErrorType, error);
        if (char.IsAsciiDigit(error[^1])) _activity?.SetTag(HarnessTelemetry.Tags.StatusCode, error);
        if (_activity is { Status: ActivityStatusCode.Unset }) _activity.SetStatus(ActivityStatusCode.Error, error);
    }

    public void Dispose()
    {
        HarnessTelemetry.ServerDuration.Record(Stopwatch.GetElapsedTime(_started).TotalSeconds, _labels);
        _activity?.Dispose();
        Activity.Current = _before;
    }

    /// <summary>A parent from W3C trace context; null where it is not well-formed. Baggage is not read at all.</summary>
    public static ActivityContext? ParentFrom(string? traceparent, string? tracestate)
    {
        if (traceparent is not { Length: > 0 and < 128 } || tracestate is { Length: > 512 }) return null;
        if (!ActivityContext.TryParse(traceparent, tracestate, isRemote: true, out var parent)) return null;

        // An agent says where its spans belong, never whether ours are recorded.
        return new ActivityContext(parent.TraceId, parent.SpanId, ActivityTraceFlags.Recorded, parent.TraceState, isRemote: true);
    }

    /// <summary>What `_meta` names is the parent; where the HTTP headers name another span besides, it becomes a link.</summary>
    private static (ActivityContext Parent, ActivityLink[]? Links) OriginOf(AgentRequest request)
    {
        if (ParentFrom(request.Message!.MetaText("traceparent"), request.Message.MetaText("tracestate")) is not { } named)
            return (request.Origin?.HeaderParent ?? default, null);
        return request.Origin?.HeaderParent is { } ambient && ambient.SpanId != named.SpanId ? (named, [new ActivityLink(ambient)]) : (named, null);
    }
}
