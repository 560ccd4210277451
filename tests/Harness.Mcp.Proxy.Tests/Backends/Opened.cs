using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Guard;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.TestKit.Backends;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

/// <summary>A channel to a scripted backend, and what arrived outside of its calls.</summary>
internal sealed class Opened : IWireReceiver, INoticeSink, IAsyncDisposable
{
    private HttpMessageInvoker? _client;

    public static string ScriptedProgram { get; } = Path.Combine(AppContext.BaseDirectory, "Harness.Mcp.ScriptedBackend");

    public static GuardProgram Guard { get; } = new(ScriptedProgram, []);

    public const AgentInputs NoInputs = AgentInputs.None;

    public required BackendChannel Channel { get; set; }

    public int ChangesTold { get; private set; }

    public List<(string Method, JsonElement Parameters)> Notices { get; } = [];

    public static BackendConnection.Stdio Stdio(Script script) => new(
        ScriptedProgram, ["stdio", script.ToJson()], Variables(("PATH", Environment.GetEnvironmentVariable("PATH") ?? ""), ("GREETING", "hello")), "/");

    public static async Task<Opened> OverStdioAsync(
        Script script, BackendLimits? limits = null, EraPreference era = EraPreference.Auto, AgentInputs declares = AgentInputs.None, LargeResults? large = null)
    {
        var opened = new Opened { Channel = null!, Declares = declares };
        var wire = await StdioWire.OpenAsync(
            Stdio(script), Guard, (limits ?? new BackendLimits()).MessageBytesMax, opened, TestContext.Current.CancellationToken, large: large);
        return await opened.OpenAsync(wire, limits, era);
    }

    public static async Task<Opened> OverHttpAsync(
        ScriptedHttp http, BackendLimits? limits = null, EraPreference era = EraPreference.Auto, LargeResults? large = null)
    {
        var opened = new Opened { Channel = null!, _client = HttpWire.NewClient(TimeSpan.FromSeconds(5)) };
        var connection = new BackendConnection.Http(http.Endpoint, Variables(("Authorization", "Bearer proxy-own")));
        var wire = new HttpWire(connection, opened._client, (limits ?? new BackendLimits()).MessageBytesMax, opened, TimeProvider.System, large);
        return await opened.OpenAsync(wire, limits, era);
    }

    public static async Task<Opened> OverSseAsync(ScriptedSse sse, BackendLimits? limits = null, int messageBytesMax = 1024 * 1024)
    {
        var opened = new Opened { Channel = null!, _client = HttpWire.NewClient(TimeSpan.FromSeconds(5)) };
        try
        {
            var connection = new BackendConnection.Http(sse.Endpoint, Variables(("Authorization", "Bearer proxy-own"))) { Form = HttpForm.Sse };
            var wire = await SseWire.OpenAsync(connection, opened._client, messageBytesMax, opened, TestContext.Current.CancellationToken);
            return await opened.OpenAsync(wire, limits, EraPreference.Legacy);
        }
        catch
        {
            opened._client.Dispose();
            throw;
        }
    }

    public Task<BackendReply> CallAsync(string tool, string arguments = "{}", CancellationToken? cancellation = null, bool wantsProgress = true) =>
        Channel.CallAsync(Call(tool, arguments, wantsProgress), ParameterHeaders.None, this, cancellation ?? TestContext.Current.CancellationToken).AsTask();

    public static BackendCall Call(string tool, string arguments = "{}", bool wantsProgress = true) => new(
        new MissionId("m-1"), new CallId(Guid.CreateVersion7()), tool, Json(arguments), null, wantsProgress);

    public static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    public static BackendConfig Config(string name, BackendConnection connection, BackendLimits? limits = null) => new()
    {
        Id = new BackendId(name),
        Owner = "test",
        Domain = "test",
        Connection = connection,
        Limits = limits ?? new BackendLimits(),
        Tools = ImmutableDictionary<string, ToolTerms>.Empty,
        Position = default,
        ConnectionDigest = Digest.Zero,
    };

    public void OnListChanged(ListKinds kinds) => ChangesTold++;

    public void OnResourceUpdated(string uri)
    {
    }

    public ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken)
    {
        Notices.Add((method, parameters));
        return default;
    }

    /// <summary>What the backend is told that it may ask of agents.</summary>
    public AgentInputs Declares { get; set; }

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        _client?.Dispose();
    }

    private async Task<Opened> OpenAsync(IWire wire, BackendLimits? limits, EraPreference era)
    {
        try
        {
            Channel = await BackendChannel.OpenAsync(
                wire, era, Declares, limits ?? new BackendLimits(), TimeProvider.System, NullLogger.Instance, TestContext.Current.CancellationToken);
            return this;
        }
        catch
        {
            _client?.Dispose();
            throw;
        }
    }

    private static ImmutableDictionary<string, Secret> Variables(params (string Name, string Value)[] variables) =>
        variables.ToImmutableDictionary(pair => pair.Name, pair => new Secret(pair.Value), StringComparer.Ordinal);
}
