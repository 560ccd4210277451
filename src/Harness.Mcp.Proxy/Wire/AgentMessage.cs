using System.Buffers;
using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>One JSON-RPC message from an agent, strictly read: what is decided on and forwarded is taken from here alone.</summary>
/// <param name="Id">The request's id, a string or an integer; null for a notification.</param>
/// <param name="Params">A JSON object; null where there is none.</param>
internal sealed record AgentMessage(JsonElement? Id, string Method, JsonElement? Params)
{
    public const string VersionKey = "io.modelcontextprotocol/protocolVersion";
    public const string CapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";
    public const string LogLevelKey = "io.modelcontextprotocol/logLevel";
    public const string SubscriptionKey = "io.modelcontextprotocol/subscriptionId";

    /// <summary>No known key is longer, so a longer one cannot be a spelling of it.</summary>
    private const int KnownLengthMax = 64;

    private static readonly FrozenSet<string> ParamNames = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "_meta", "argument", "arguments", "capabilities", "clientInfo", "context", "cursor", "inputResponses", "level", "message", "name", "notifications",
        "progress", "progressToken", "protocolVersion", "reason", "ref", "requestId", "requestState", "task", "taskId", "total", "uri");

    private static readonly FrozenSet<string> MetaNames = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        VersionKey, CapabilitiesKey, LogLevelKey, SubscriptionKey, "io.modelcontextprotocol/clientInfo",
        "progressToken", "traceparent", "tracestate", "baggage");

    private string? _name;

    public bool IsRequest => Id is not null;

    /// <summary>
    /// The first number of a tool's call that not every parser reads alike; null for none. Only a tool that reads numbers exactly may have such a call: what was
    /// decided on might not be what another reads. A model may have written it in good faith, so it is answered where the model reads.
    /// </summary>
    public string? OddNumber { get; init; }

    /// <summary>`params._meta`, untrusted; null where there is none.</summary>
    public JsonElement? Meta => Param("_meta");

    /// <summary>The members of `params` that MCP does not know, as an object; null for none. It allows them, for what two sides agree on between themselves.</summary>
    public JsonElement? More
    {
        get
        {
            if (Params is not { } parameters) return null;
            foreach (var member in parameters.EnumerateObject())
            {
                if (!IsKnown(member)) return WireJson.ElementOf(WriteMore);
            }

            return null;
        }
    }

    /// <summary>`params.name`: of a tool or prompt; null where it is absent or no string.</summary>
    public string? Name => _name ??= Param("name") is { ValueKind: JsonValueKind.String } name ? name.GetString() : null;

    /// <summary>A member of `params`; null where it is absent.</summary>
    public JsonElement? Param(string name) =>
        Params is { } parameters && parameters.TryGetProperty(name, out var value) ? value : null;

    /// <summary>A member of `_meta`; null where it is absent.</summary>
    public JsonElement? MetaMember(string name) =>
        Meta is { } meta && meta.TryGetProperty(name, out var value) ? value : null;

    /// <summary>A member of `_meta` that is a string; null where it is absent or of another type.</summary>
    public string? MetaText(string name) =>
        MetaMember(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The token under which the agent asked for progress; null where it did not ask.</summary>
    public JsonElement? ProgressToken => MetaMember("progressToken");

    /// <summary>Checks the envelope and what every method shares. Keys are exact: a spelling that another parser could take for a known key is refused.</summary>
    /// <param name="id">The request's id where it can be read, so that a refusal can echo it.</param>
    public static AgentMessage? Read(JsonElement root, out JsonElement? id, out WireError? error)
    {
        id = null;
        if (root.ValueKind != JsonValueKind.Object)
        {
            error = WireError.Malformed("The body must be one JSON-RPC object: send requests one by one, not as a batch.");
            return null;
        }

        if (root.TryGetProperty("id", out var given) && IsId(given)) id = given;
        error = CheckEnvelope(root) ?? CheckParams(root);
        if (error is not null) return null;

        return new AgentMessage(
            id,
            Methods.NameOf(root.GetProperty("method")),
            root.TryGetProperty("params", out var parameters) ? parameters : null);
    }

    /// <summary>Whether a JSON value can be a request id or a progress token: a string, or an integer that every parser reads alike.</summary>
    public static bool IsId(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => true,
        JsonValueKind.Number => value.TryGetInt64(out var number) && number is >= -NumberText.IntegerMax and <= NumberText.IntegerMax
            && JsonMarshal.GetRawUtf8Value(value).IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0,
        _ => false,
    };

    private static bool IsKnown(JsonProperty parameter) =>
        parameter.NameEquals("name"u8) || parameter.NameEquals("arguments"u8) || parameter.NameEquals("_meta"u8) || ParamNames.Contains(parameter.Name);

    private void WriteMore(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var member in Params!.Value.EnumerateObject())
        {
            if (!IsKnown(member)) member.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private static WireError? CheckEnvelope(JsonElement root)
    {
        foreach (var member in root.EnumerateObject())
        {
            if (!member.NameEquals("jsonrpc"u8) && !member.NameEquals("id"u8) && !member.NameEquals("method"u8) && !member.NameEquals("params"u8))
            {
                return WireError.Malformed(
                    $"The envelope has an unknown key `{WireError.Quote(member.Name)}`: it may have jsonrpc, id, method and params, spelled exactly so.");
            }
        }

        if (!root.TryGetProperty("jsonrpc", out var version) || version.ValueKind != JsonValueKind.String || !version.ValueEquals("2.0"))
        {
            return WireError.Malformed("The envelope must say \"jsonrpc\": \"2.0\".");
        }

        if (!root.TryGetProperty("method", out var method) || method.ValueKind != JsonValueKind.String)
        {
            return WireError.Malformed("The envelope must name its method as a string.");
        }

        return root.TryGetProperty("id", out var id) && !IsId(id)
            ? WireError.Malformed($"The id must be a string or an integer within ±{NumberText.IntegerMax}: leave it out to send a notification.")
            : null;
    }

    private static WireError? CheckParams(JsonElement root)
    {
        if (!root.TryGetProperty("params", out var parameters)) return null;
        if (parameters.ValueKind != JsonValueKind.Object) return WireError.Params("params must be an object.");

        var error = CheckNames(parameters, ParamNames, "params");
        if (error is not null || !parameters.TryGetProperty("_meta", out var meta)) return error;
        if (meta.ValueKind != JsonValueKind.Object) return WireError.Params("params._meta must be an object.");

        error = CheckNames(meta, MetaNames, "params._meta");
        if (error is not null || !meta.TryGetProperty("progressToken", out var token)) return error;
        return IsId(token) ? null : WireError.Params($"params._meta.progressToken must be a string or an integer within ±{NumberText.IntegerMax}.");
    }

    private static WireError? CheckNames(JsonElement value, FrozenSet<string> known, string place)
    {
        foreach (var member in value.EnumerateObject())
        {
            if (IsConfusable(member, known))
            {
                return WireError.Params(
                    $"{place} has a key `{WireError.Quote(member.Name)}` that could be mistaken for a key of the protocol: spell keys exactly as MCP does.");
            }
        }

        return null;
    }

    /// <summary>No key of the protocol has other than ASCII letters; one that has may fold to a known key in another parser.</summary>
    private static bool IsConfusable(JsonProperty member, FrozenSet<string> known)
    {
        var raw = JsonMarshal.GetRawUtf8PropertyName(member);
        if (!Ascii.IsValid(raw) || raw.Contains((byte)'\\')) return IsConfusable(member.Name, known);
        if (raw.Length > KnownLengthMax) return false;

        Span<char> name = stackalloc char[raw.Length];
        Encoding.ASCII.GetChars(raw, name);
        return known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var exact) && !name.SequenceEqual(exact);
    }

    private static bool IsConfusable(string name, FrozenSet<string> known) =>
        !Ascii.IsValid(name) || (known.TryGetValue(name, out var exact) && !string.Equals(exact, name, StringComparison.Ordinal));

    /// <summary>
    /// The envelope as the hosting library may see it: identity and routing, nothing that the agent made up. Arguments, client
    /// facts and free-form `_meta` never reach that parser.
    /// </summary>
    public byte[] ToEnvelope()
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc", "2.0");
            if (Id is { } id)
            {
                json.WritePropertyName("id");
                id.WriteTo(json);
            }

            json.WriteString("method", Method);
            json.WriteStartObject("params");
            WriteRouting(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private void WriteRouting(Utf8JsonWriter json)
    {
        switch (Method)
        {
            case Methods.Initialize:
                json.WriteString("protocolVersion", ProtocolVersions.LegacyNewest);
                json.WriteStartObject("capabilities");
                json.WriteEndObject();
                json.WriteStartObject("clientInfo");
                json.WriteString("name", "agent");
                json.WriteString("version", "0");
                json.WriteEndObject();
                break;
            case Methods.Cancelled when Param("requestId") is { } requestId:
                json.WritePropertyName("requestId");
                requestId.WriteTo(json);
                break;
            default:
                foreach (var name in (ReadOnlySpan<string>)["name", "uri"])
                {
                    if (Param(name) is not { ValueKind: JsonValueKind.String } value) continue;
                    json.WritePropertyName(name);
                    value.WriteTo(json);
                }

                break;
        }
    }
}
