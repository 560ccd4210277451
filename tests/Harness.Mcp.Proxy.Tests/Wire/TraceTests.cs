using System.Collections.Concurrent;
using System.Diagnostics;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Telemetry;
using Harness.Mcp.Proxy.Wire;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

public sealed class TraceTests : IAsyncLifetime
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string Parent = $"00-{TraceId}-b7ad6b7169203331-01";

    private readonly ConcurrentQueue<Activity> _ended = new();
    private ActivityListener _listener = null!;
    private WireHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await WireHost.StartAsync();
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == HarnessTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                // Other tests run at the same time, under other names.
                if ((string?)activity.GetTagItem(HarnessTelemetry.Tags.Agent) == "tracer") _ended.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData($"\"traceparent\":\"{Parent}\",\"baggage\":\"mission=other\"", null, TraceId)]
    [InlineData("\"a\":1", Parent, TraceId)]
    [InlineData($"\"traceparent\":\"{Parent}\"", "00-11111111111111111111111111111111-2222222222222222-01", TraceId)]
    [InlineData("\"traceparent\":\"00-zz\"", null, null)]
    [InlineData("\"traceparent\":7", null, null)]
    [InlineData("\"a\":1", null, null)]
    public async Task Call_IsAServerSpan_UnderTheAgentsSpan(string meta, string? header, string? traceId)
    {
        Activity? inside = null;
        _host.Enforcement.OnCall = (call, _, _) =>
        {
            inside = Activity.Current;
            return ValueTask.FromResult(FakeEnforcement.Answer(call.Tool));
        };
        var request = WireHost.Modern("tools/call", $$"""{"name":"mail_send","_meta":{ {{meta}} } }""");
        request.Agent = "tracer";
        if (header is not null) request.With("traceparent", header);

        await request.SendAsync(_host);

        var span = Assert.Single(_ended);
        Assert.Same(inside, span);
        Assert.Equal((ActivityKind.Server, "tools/call mail_send"), (span.Kind, span.OperationName));
        Assert.Equal(traceId is not null, span.ParentSpanId != default);
        if (traceId is not null) Assert.Equal(traceId, span.TraceId.ToHexString());
        Assert.Empty(span.Baggage);
        Assert.Equal("only-one", span.GetTagItem(HarnessTelemetry.Tags.Mission));
        Assert.Equal("mail_send", span.GetTagItem(HarnessTelemetry.Tags.Tool));
    }

    [Fact]
    public async Task UnknownTool_MintsNoName_AndFailureNoStatusText()
    {
        _host.Enforcement.OnCall = (call, _, _) => ValueTask.FromResult<CallAnswer>(new CallAnswer.Result(
            DenialResult.Of(new(new("tool_not_granted"), $"No tool {call.Tool}."), call.Mission)));
        var request = WireHost.Modern("tools/call", """{"name":"password=hunter2"}""");
        request.Agent = "tracer";

        await request.SendAsync(_host);

        var span = Assert.Single(_ended);
        Assert.Equal("tools/call _OTHER", span.OperationName);
        Assert.Equal("tool_error", span.GetTagItem(HarnessTelemetry.Tags.ErrorType));
        Assert.DoesNotContain(span.TagObjects, tag => tag.Value?.ToString()?.Contains("hunter2", StringComparison.Ordinal) == true);
        Assert.DoesNotContain("hunter2", span.StatusDescription ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void AgentsSpan_NeverSwitchesOursOff()
    {
        var parent = ServerActivity.ParentFrom($"00-{TraceId}-b7ad6b7169203331-00", null);

        Assert.Equal(ActivityTraceFlags.Recorded, parent!.Value.TraceFlags);
    }
}
