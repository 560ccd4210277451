using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Telemetry;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

/// <summary>What people read of a call in a trace holds nothing that they cannot see, or that drives their terminal.</summary>
public sealed class ShownTraceTests : INoticeSink
{
    private const string Hostile = "a\u202eb\udb40\udc41c\u200bd\u009be\ufeff";

    [Fact]
    public async Task Values_AreSpelledOut_InTraces_AndReachTheAgentAsTheyAre()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == HarnessTelemetry.Name,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var world = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites);
        world.Options.TraceValues = true;
        var value = JsonElement.Parse($$"""{"content":[{"type":"text","text":"{{Hostile}}\u001b[2J"}]}""");
        world.Backend.Reply = (_, _) => ValueTask.FromResult<BackendReply>(new BackendReply.Result(value));

        CallAnswer answer;
        using (var request = HarnessTelemetry.Source.StartActivity("request"))
        {
            answer = await world.Enforcer.CallAsync(
                new AgentCall(EnforcementWorld.Agent, EnforcementWorld.Mission, "notes_write", JsonElement.Parse($$"""{"text":"{{Hostile}}"}"""), null), this, TestContext.Current.CancellationToken);
        }

        var tags = spans.Where(span => span.DisplayName == "request" && span.GetTagItem(HarnessTelemetry.Tags.Result) is not null)
            .SelectMany(span => span.TagObjects).Select(tag => tag.Value?.ToString() ?? "").ToArray();
        Assert.Contains(tags, tag => tag.Contains("a\\u{202E}b\\u{E0041}c\\u{200B}d\\u{9B}e\\u{FEFF}", StringComparison.Ordinal) && tag.Contains("content", StringComparison.Ordinal));
        Assert.Contains(tags, tag => tag.StartsWith("{\"text\":\"a\\u{202E}b", StringComparison.Ordinal));
        Assert.All(tags, tag => Assert.DoesNotContain(tag.EnumerateRunes(), rune => VisibleText.IsSuspect(rune)));
        Assert.Equal(Hostile + "\u001b[2J", EnforcementWorld.TextOf(answer));
    }

    public ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken) => default;
}
