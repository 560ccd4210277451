using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Otlp;
using ModelContextProtocol.Client;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Telemetry;

/// <summary>What a collector gets of `harness run`, over both protocols.</summary>
public sealed class ProxyTelemetryTests
{
    private const string Secret = "hunter2-in-an-argument";
    private const string AgentTrace = "0af7651916cd43dd8448eb211c80319c";
    private const string AgentSpan = "b7ad6b7169203331";

    private static readonly double[] Buckets = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task GovernedCalls_AreTold_WithoutTheirValues(string protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var web = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        using var home = Home(web);
        var mission = await home.OpenMissionAsync(Cancellation);

        await using (var proxy = await home.RunAsync(Cancellation, Exporting(receiver, protocol)))
        {
            using var agent = new HttpAgent(proxy.Endpoint(mission));
            var meta = new JsonObject { ["traceparent"] = $"00-{AgentTrace}-{AgentSpan}-01" };
            Assert.False((await agent.CallAsync("web_echo", Cancellation, new { secret = Secret }, meta)).IsError);
            Assert.False((await agent.CallAsync("pipe_echo", Cancellation, new { secret = Secret })).IsError);
            Assert.Equal("budget_exhausted", (await agent.CallAsync("web_echo", Cancellation, new { secret = Secret })).Reason);
            Assert.Equal("tool_not_granted", (await agent.CallAsync("web_" + Secret, Cancellation, new { secret = Secret })).Reason);
            Assert.True((await agent.CallAsync("web_fail", Cancellation, new { secret = Secret })).Message.TryGetProperty("error", out _));
            await CallAsLegacyAsync(proxy.Endpoint(mission));
            Assert.Equal(0, await proxy.StopAsync(Cancellation)); // A stop exports what is left.
        }

        var records = receiver.Records;
        Assert.False(receiver.Holds(Secret));
        var servers = records.Spans.Where(span => span.Kind == ActivityKind.Server && span.Name.StartsWith("tools/call", StringComparison.Ordinal)).ToArray();
        Assert.Equal(["tools/call web_echo", "tools/call pipe_echo", "tools/call web_echo", "tools/call _OTHER", "tools/call web_fail", "tools/call pipe_echo"], servers.Select(span => span.Name));
        AssertPermitted(records, servers[0], mission, "web", "web_echo", "tcp");
        AssertPermitted(records, servers[1], mission, "pipe", "pipe_echo", "pipe");
        AssertDenied(records, servers[2], "budget_exhausted", "once");
        AssertDenied(records, servers[3], "tool_unknown", rule: null);
        AssertFailed(records, servers[4]);
        Assert.NotNull(servers[5]["mcp.session.id"]);
        Assert.Equal("2025-11-25", servers[5]["mcp.protocol.version"]);

        Assert.Equal((AgentTrace, AgentSpan), (servers[0].TraceId, servers[0].ParentSpanId));
        AssertWalksBack(servers);
        AssertMetrics(records);
        var denial = Assert.Single(records.Logs, log => log.Attributes.GetValueOrDefault("Reason") is "budget_exhausted");
        Assert.Equal((servers[2].TraceId, servers[2].SpanId), (denial.TraceId, denial.SpanId));
        // Two links for each permitted call and one for each denied one, after the link that opened the mission.
        Assert.Equal(
            Enumerable.Range(2, 10).Select(version => version.ToString(CultureInfo.InvariantCulture)),
            records.Logs.Where(log => log.Attributes.ContainsKey("LinkDigest")).Select(log => log.Attributes["ChainVersion"]?.ToString()));
        Assert.All(records.Spans, span => Assert.Equal("harness-mcp", span.Origin.Resource["service.name"]));
    }

    [Fact(Timeout = 120_000)]
    public async Task ValuesOfCalls_AreTraced_WhereSomebodyWantsIt()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var web = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        using var home = Home(web, """
            "Enforcement": { "TraceValues": true }
            """);
        var mission = await home.OpenMissionAsync(Cancellation);

        await using (var proxy = await home.RunAsync(Cancellation, Exporting(receiver, "grpc")))
        {
            using var agent = new HttpAgent(proxy.Endpoint(mission));
            await agent.CallAsync("web_echo", Cancellation, new { secret = Secret });
            await agent.CallAsync("web_echo", Cancellation, new { secret = "denied" });
            Assert.Equal(0, await proxy.StopAsync(Cancellation));
        }

        var spans = receiver.Records.Spans.Where(span => span.Name == "tools/call web_echo").ToArray();
        Assert.Equal($$"""{"secret":"{{Secret}}"}""", spans[0]["gen_ai.tool.call.arguments"]);
        Assert.Contains(Secret, spans[0]["gen_ai.tool.call.result"], StringComparison.Ordinal);
        Assert.Equal("""{"secret":"denied"}""", spans[1]["gen_ai.tool.call.arguments"]);
        Assert.Null(spans[1]["gen_ai.tool.call.result"]);
    }

    private static HomeUnderTest Home(ScriptedHttp web, params string[] settings) => new HomeUnderTest(settings)
        .WithMission("""
            grants:
              - read: [web/echo, web/fail, pipe/echo]
            rules:
              - { id: once, on: [web/echo], budget: { max: 1 } }
            """)
        .WithEndpoint("web", web.Endpoint)
        .WithScript("pipe", new Script());

    private static Dictionary<string, string?> Exporting(OtlpReceiver receiver, string protocol) => new(StringComparer.Ordinal)
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = (protocol == "grpc" ? receiver.GrpcEndpoint : receiver.HttpEndpoint).ToString(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
    };

    private static async Task CallAsLegacyAsync(Uri endpoint)
    {
        await using var client = await McpClient.CreateAsync(
            new HttpClientTransport(new HttpClientTransportOptions { Endpoint = endpoint }),
            new McpClientOptions { ProtocolVersion = "2025-11-25" },
            cancellationToken: Cancellation);
        await client.CallToolAsync("pipe_echo", new Dictionary<string, object?>(StringComparer.Ordinal) { ["secret"] = Secret }, cancellationToken: Cancellation);
    }

    private static void AssertPermitted(OtlpRecords records, OtlpSpan server, string mission, string backend, string tool, string transport)
    {
        Assert.Equal(("tools/call", tool, "execute_tool"), (server["mcp.method.name"], server["gen_ai.tool.name"], server["gen_ai.operation.name"]));
        Assert.Equal(("tcp", "http", "1.1"), (server["network.transport"], server["network.protocol.name"], server["network.protocol.version"]));
        Assert.Equal(("2026-07-28", "127.0.0.1"), (server["mcp.protocol.version"], server["client.address"]));
        Assert.Equal((mission, HomeUnderTest.Agent, backend), (server["harness.mission.id"], server["harness.agent.id"], server["harness.backend.id"]));
        Assert.StartsWith(server["harness.mission.name"]!, mission, StringComparison.Ordinal);
        Assert.Null(server["mcp.session.id"]);
        Assert.NotNull(server["jsonrpc.request.id"]);
        Assert.NotNull(server["client.port"]);
        Assert.Equal(ActivityStatusCode.Unset, server.Status);

        var decision = Decision(records, server);
        Assert.Equal($"authorize {tool}", decision.Name);
        Assert.Equal(("permit", null), (decision["harness.decision.outcome"], decision["harness.decision.reason"]));
        foreach (var digest in (string[])["harness.rules.digest", "harness.tool.definition_digest", "harness.call.arguments_digest", "harness.link.digest"])
            Assert.StartsWith("sha-256:", decision[digest], StringComparison.Ordinal);

        var client = Assert.Single(records.ChildrenOf(server), child => child.Kind == ActivityKind.Client);
        Assert.Equal(("tools/call echo", "tools/call", "echo", transport), (client.Name, client["mcp.method.name"], client["gen_ai.tool.name"], client["network.transport"]));
        Assert.Equal((mission, server["harness.call.id"]), (client["harness.mission.id"], client["harness.call.id"]));
        Assert.Equal(backend == "web" ? "127.0.0.1" : null, client["server.address"]);
        Assert.Equal(backend == "web", client.Attributes.ContainsKey("server.port"));
        Assert.NotNull(client["jsonrpc.request.id"]);
        Assert.True(decision.End <= client.Start, "The call left before its decision ended.");
    }

    private static void AssertDenied(OtlpRecords records, OtlpSpan server, string reason, string? rule)
    {
        Assert.Equal(("tool_error", ActivityStatusCode.Error, reason), (server["error.type"], server.Status, server.StatusMessage));
        var decision = Decision(records, server);
        Assert.Equal(("deny", reason, rule), (decision["harness.decision.outcome"], decision["harness.decision.reason"], decision["harness.rule.id"]));
        Assert.NotNull(decision["harness.chain.version"]);
        Assert.DoesNotContain(records.Spans, span => span.Kind == ActivityKind.Client && span.TraceId == server.TraceId);
    }

    /// <summary>The backend answered with a JSON-RPC error: its code stands on the span that saw it, ours on the other, its words on none.</summary>
    private static void AssertFailed(OtlpRecords records, OtlpSpan server)
    {
        Assert.Equal("permit", Decision(records, server)["harness.decision.outcome"]);
        var client = Assert.Single(records.ChildrenOf(server), child => child.Kind == ActivityKind.Client);
        Assert.Equal(("-32050", "-32050", "-32050"), (client["error.type"], client["rpc.response.status_code"], client.StatusMessage));
        Assert.Equal(("-32603", "-32603", "-32603"), (server["error.type"], server["rpc.response.status_code"], server.StatusMessage));
    }

    private static OtlpSpan Decision(OtlpRecords records, OtlpSpan server) =>
        Assert.Single(records.ChildrenOf(server), child => child.Kind == ActivityKind.Internal);

    /// <summary>Each call links to the one before: an auditor goes back from the last to the first.</summary>
    private static void AssertWalksBack(OtlpSpan[] calls)
    {
        Assert.Empty(calls[0].Links);
        for (var index = 1; index < calls.Length; index++)
        {
            var link = Assert.Single(calls[index].Links);
            Assert.Equal((calls[index - 1].TraceId, calls[index - 1].SpanId), (link.TraceId, link.SpanId));
        }
    }

    private static void AssertMetrics(OtlpRecords records)
    {
        var served = Last(records, "mcp.server.operation.duration", point => point.Attributes["gen_ai.tool.name"] is "web_echo");
        Assert.Equal(["", "tool_error"], served.Select(point => point.Attributes.GetValueOrDefault("error.type") ?? "").Order());
        Assert.All(served, point => Assert.Equal(("s", 1L), (point.Unit, point.Count)));
        Assert.All(served, point => Assert.Equal(Buckets, point.Bounds));

        var forwarded = Assert.Single(Last(records, "mcp.client.operation.duration", point => point.Attributes["harness.backend.id"] is "web" && point.Attributes["gen_ai.tool.name"] is "echo"));
        Assert.Equal(("s", 1L), (forwarded.Unit, forwarded.Count));
        Assert.Equal(Buckets, forwarded.Bounds);

        foreach (var session in (string[])["mcp.server.session.duration", "mcp.client.session.duration"])
            Assert.Contains(records.Metrics, point => (point.Metric, point.Unit) == (session, "s") && point.Attributes["mcp.protocol.version"] is "2025-11-25");

        var decisions = Last(records, "harness.decisions", _ => true)
            .ToDictionary(point => $"{point.Attributes["harness.decision.outcome"]} {point.Attributes["harness.decision.reason"]}", point => point.Value);
        Assert.Equal((4, 1, 1), (decisions["permit none"], decisions["deny budget_exhausted"], decisions["deny tool_unknown"]));

        string[] ids = ["harness.mission.id", "harness.call.id", "jsonrpc.request.id", "mcp.session.id", "client.port"];
        Assert.All(records.Metrics, point => Assert.DoesNotContain(point.Attributes.Keys, key => ids.Contains(key)));
    }

    /// <summary>The newest point of each series of a metric; they are cumulative.</summary>
    private static ImmutableArray<OtlpMetricPoint> Last(OtlpRecords records, string metric, Func<OtlpMetricPoint, bool> isWanted) =>
    [
        .. records.Metrics
            .Where(point => point.Metric == metric && (metric == "harness.decisions" || point.Attributes.ContainsKey("gen_ai.tool.name")) && isWanted(point))
            .GroupBy(point => string.Join(';', point.Attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal)))
            .Select(series => series.Last()),
    ];
}
