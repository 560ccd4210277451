using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.Proxy.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using ParameterHeaders = Harness.Mcp.Proxy.Backends.Channels.ParameterHeaders;

namespace Harness.Mcp.Proxy.Tests.Fuzz;

/// <summary>Sends calls through a real channel of one era, and keeps what would leave for the backend.</summary>
internal sealed class Forwarding : INoticeSink, IAsyncDisposable
{
    private static readonly JsonElement NoArguments = JsonElement.Parse("{}");
    private static readonly ParameterHeaders Headers = ParameterHeaders.Read(GateRun.Tool.GetProperty("inputSchema"))!;

    private readonly BackendChannel _channel;
    private readonly KeptWire _wire;

    private Forwarding(BackendChannel channel, KeptWire wire)
    {
        _channel = channel;
        _wire = wire;
    }

    public static async Task<Forwarding> OpenAsync(bool isModern, CancellationToken cancellationToken)
    {
        var wire = new KeptWire();
        var era = isModern ? EraPreference.Modern : EraPreference.Legacy;
        var channel = await BackendChannel.OpenAsync(wire, era, AgentInputs.None, new BackendLimits(), TimeProvider.System, NullLogger.Instance, cancellationToken);
        return new Forwarding(channel, wire);
    }

    /// <returns>The message and its headers as they would leave, and how they must be read.</returns>
    public async Task<(Sent Left, string Reading)> ForwardAsync(AgentMessage call, CancellationToken cancellationToken)
    {
        var (name, arguments) = (call.Param("name")!.Value.GetString()!, call.Param("arguments") ?? NoArguments);
        var outgoing = new BackendCall(new MissionId("m-1"), new CallId(Guid.CreateVersion7()), name, arguments, call.Meta, call.ProgressToken is not null)
        {
            LogLevel = call.MetaText(AgentMessage.LogLevelKey),
        };
        await _channel.CallAsync(outgoing, Headers, this, cancellationToken);

        var exchange = _wire.Last!;
        var left = exchange.Body.ToArray();
        List<KeyValuePair<string, string>> headers = [];
        if (_channel.Era.IsModern)
        {
            headers.AddRange([new(MirroredHeaders.Version, _channel.Era.ProtocolVersion), new(MirroredHeaders.Method, exchange.Method), new(MirroredHeaders.Name, HeaderValue.Encode(name))]);
            headers.AddRange(exchange.ParameterHeaders);
        }

        var parameters = Reading.OfMembers([("name", Reading.OfText(name)), ("arguments", Reading.Ours(arguments)), ("_meta", Reading.OfMembers(Meta(call, outgoing, exchange)))]);
        var id = Reading.OfNumber(exchange.Id.ToString(CultureInfo.InvariantCulture));
        return (new Sent(left, headers), Reading.OfMembers([("jsonrpc", Reading.OfText("2.0")), ("id", id), ("method", Reading.OfText("tools/call")), ("params", parameters)]));
    }

    public ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken) => default;

    public ValueTask DisposeAsync() => _channel.DisposeAsync();

    /// <summary>What the agent said to the tool's side, and the proxy's own word where the protocol has one.</summary>
    private IEnumerable<(string, string)> Meta(AgentMessage call, BackendCall outgoing, Exchange exchange)
    {
        if (call.Meta is { } given)
        {
            foreach (var member in given.EnumerateObject())
            {
                var isOfOneHop = member.Name is "progressToken" or "traceparent" or "tracestate" or "baggage" || member.Name.StartsWith("io.modelcontextprotocol/", StringComparison.Ordinal);
                if (!isOfOneHop) yield return (member.Name, Reading.Ours(member.Value));
            }
        }

        if (outgoing.WantsProgress) yield return ("progressToken", Reading.OfNumber(exchange.Id.ToString(CultureInfo.InvariantCulture)));
        if (!_channel.Era.IsModern) yield break;

        yield return (AgentMessage.VersionKey, Reading.OfText(_channel.Era.ProtocolVersion));
        yield return (AgentMessage.CapabilitiesKey, "{}");
        yield return ("io.modelcontextprotocol/clientInfo", Reading.Ours(JsonElement.Parse(exchange.Body.Span).GetProperty("params").GetProperty("_meta").GetProperty("io.modelcontextprotocol/clientInfo")));
        if (outgoing.LogLevel is { } level) yield return (AgentMessage.LogLevelKey, Reading.OfText(level));
    }

    /// <summary>A wire that ends every request at once, and keeps the last.</summary>
    private sealed class KeptWire : IWire
    {
        private static readonly JsonElement Result = JsonElement.Parse(
            """{"supportedVersions":["2026-07-28"],"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"kept","version":"1"},"content":[],"resultType":"complete"}""");

        public Task<string> Ended { get; } = new TaskCompletionSource<string>().Task;

        public bool KeepsCallsApart => true;

        public Exchange? Last { get; private set; }

        public Task SendAsync(Exchange exchange, CancellationToken cancellationToken)
        {
            Last = exchange;
            exchange.HasLeft = true;
            exchange.Finish(new ExchangeEnd.Result(Result));
            return Task.CompletedTask;
        }

        public Task NotifyAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask AbandonAsync(Exchange exchange, string why) => default;

        public void Settle(EraSettled era)
        {
        }

        public void Declared(AgentInputs inputs)
        {
        }

        public Task ListenAsync() => Task.CompletedTask;

        public ValueTask DisposeAsync() => default;
    }
}
