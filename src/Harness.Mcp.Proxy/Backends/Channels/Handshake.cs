using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>What a handshake settled.</summary>
/// <param name="TellsChanges">The backend says that it announces changes of one of its lists.</param>
/// <param name="HasTools">The backend says that it has tools at all.</param>
/// <param name="SendsLogs">The backend says that it sends log messages, from a level that it can be told.</param>
/// <param name="Reads">What the backend says of resources, prompts and completions.</param>
internal sealed record Agreement(EraSettled Era, bool TellsChanges, bool HasTools, bool SendsLogs, ReadOffers Reads);

/// <summary>Finds the era of a backend: `server/discover` first, `initialize` where the backend does not know it.</summary>
/// <param name="declares">What the backend is told that it may ask of agents.</param>
internal sealed class Handshake(BackendRequester requester, AgentInputs declares)
{
    private const int HeaderMismatch = -32020;
    private const int MissingCapability = -32021;
    private const int UnsupportedVersion = -32022;

    /// <summary>A backend that leaves `server/discover` unanswered for this time is asked to initialize.</summary>
    private static readonly TimeSpan DiscoverLimit = TimeSpan.FromSeconds(10);

    /// <exception cref="WireException">No era was agreed on.</exception>
    public async Task<Agreement> RunAsync(EraPreference preference, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (preference != EraPreference.Legacy
            && await DiscoverAsync(preference, limit, cancellationToken) is { } modern)
            return modern;
        return await InitializeAsync(limit, cancellationToken);
    }

    /// <exception cref="NoEndpointException">Nothing takes messages there.</exception>
    /// <exception cref="WireException">No revision was agreed on.</exception>
    public async Task<Agreement> InitializeAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var end = await requester.RequestAsync("initialize", null, writer =>
        {
            writer.WriteString("protocolVersion"u8, EraSettled.LegacyVersion);
            writer.WriteStartObject("capabilities"u8);
            InputCapabilities.Write(writer, declares);
            writer.WriteEndObject();
            RequestMeta.WriteClient(writer, "clientInfo");
        }, limit, cancellationToken);
        if (end is not ExchangeEnd.Result { Value: var result })
            throw end is ExchangeEnd.NotSent { Status: 404 or 405, Why: var refused } ? new NoEndpointException(refused) : Failed("initialize", end);

        var version = result.ValueKind == JsonValueKind.Object && result.TryGetProperty("protocolVersion", out var given) && given.ValueKind == JsonValueKind.String
            ? given.GetString()
            : null;
        if (version is null || !EraSettled.LegacyVersions.Contains(version, StringComparer.Ordinal))
            throw new WireException($"The backend wants protocol revision `{VisibleText.Escape(version ?? "none")}`, which is not spoken here.");

        var era = new EraSettled(false, version);
        requester.Wire.Settle(era);
        requester.Wire.Declared(declares);
        await requester.Wire.NotifyAsync(RpcWriter.Notice("notifications/initialized"), cancellationToken);
        return Read(era, result);
    }

    private async Task<Agreement?> DiscoverAsync(EraPreference preference, TimeSpan limit, CancellationToken cancellationToken)
    {
        var isOnly = preference == EraPreference.Modern;
        var patience = !isOnly && limit > DiscoverLimit ? DiscoverLimit : limit;
        var end = await AskAsync();

        // A server that refuses the revision and names it among those it takes is in the middle of a change.
        if (end is ExchangeEnd.Error { Code: UnsupportedVersion } undecided && Offers(undecided, EraSettled.ModernVersion))
            end = await AskAsync();
        switch (end)
        {
            case ExchangeEnd.Result { Value: var result } when Supports(result, EraSettled.ModernVersion):
                requester.Wire.Settle(EraSettled.Modern);
                return Read(EraSettled.Modern, result);
            case ExchangeEnd.Error { Code: HeaderMismatch or MissingCapability }:
                throw Failed("server/discover", end);
            case ExchangeEnd.Error { Code: UnsupportedVersion } error when !OffersLegacy(error):
                throw Failed("server/discover", end);
            case ExchangeEnd.Unreadable:
            case ExchangeEnd.NotSent { Status: 0 or 429 }:
            case ExchangeEnd.Lost { Status: not (0 or 500 or 501) }:
                throw Failed("server/discover", end);
            case ExchangeEnd.Lost { Status: 0 } when requester.Wire.Ended.IsCompleted || !BackendRequester.IsTimeOut(end):
                throw new ProbeFailedException(Failed("server/discover", end).Message);
            default:
                return isOnly ? throw Failed("server/discover", end) : null;
        }

        Task<ExchangeEnd> AskAsync() => requester.RequestAsync(
            "server/discover", EraSettled.Modern, writer => RequestMeta.Write(writer, EraSettled.Modern, null, null, null), patience, cancellationToken);
    }

    private static Agreement Read(EraSettled era, JsonElement result)
    {
        var (tools, resources, prompts) = (Capability(result, "tools"), Capability(result, "resources"), Capability(result, "prompts"));
        var tells = (Has(tools, "listChanged") ? ListKinds.Tools : ListKinds.None)
            | (Has(resources, "listChanged") ? ListKinds.Resources | ListKinds.Templates : ListKinds.None)
            | (Has(prompts, "listChanged") ? ListKinds.Prompts : ListKinds.None);
        var instructions = result.TryGetProperty("instructions", out var said) && said.ValueKind == JsonValueKind.String ? said.GetString() : null;
        var reads = new ReadOffers(
            resources is not null, prompts is not null, Capability(result, "completions") is not null, tells, Has(resources, "subscribe"), instructions)
        {
            Tasks = era.IsModern && Capability(result, "extensions") is { } extensions
                && extensions.TryGetProperty(TaskResult.Extension, out var tasks) && tasks.ValueKind == JsonValueKind.Object,
        };
        return new Agreement(era, tells != ListKinds.None, tools is not null, Capability(result, "logging") is not null, reads);
    }

    private static bool Has(JsonElement? capability, string flag) =>
        capability is { } found && found.TryGetProperty(flag, out var value) && value.ValueKind == JsonValueKind.True;

    private static JsonElement? Capability(JsonElement result, string name) =>
        result.TryGetProperty("capabilities", out var capabilities) && capabilities.ValueKind == JsonValueKind.Object
        && capabilities.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.Object
            ? found
            : null;

    private static bool Supports(JsonElement result, string version) =>
        result.ValueKind == JsonValueKind.Object && result.TryGetProperty("supportedVersions", out var versions) && Holds(versions, version);

    private static bool OffersLegacy(ExchangeEnd.Error error) => EraSettled.LegacyVersions.Any(version => Offers(error, version));

    private static bool Offers(ExchangeEnd.Error error, string version) =>
        error.Value.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object
        && data.TryGetProperty("supported", out var supported) && Holds(supported, version);

    private static bool Holds(JsonElement list, string version) =>
        list.ValueKind == JsonValueKind.Array && list.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.String && item.ValueEquals(version));

    private static WireException Failed(string method, ExchangeEnd end) => new(end switch
    {
        ExchangeEnd.Error { Code: var code } error => $"The backend answered `{method}` with the error {code}: {Quote(error.Value)}",
        ExchangeEnd.NotSent(var why) => why,
        ExchangeEnd.Lost(var why) => why,
        ExchangeEnd.Unreadable(var why) => why,
        _ => $"The backend's answer to `{method}` does not fit.",
    });

    private static string Quote(JsonElement error)
    {
        var message = VisibleText.Escape(error.GetProperty("message").GetString() ?? "");
        return message.Length > 200 ? message[..200] + "…" : message;
    }
}

/// <summary>The backend ended over `server/discover`: the next attempt begins with `initialize`.</summary>
internal sealed class ProbeFailedException(string message) : Exception(message);
