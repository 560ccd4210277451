using System.Reflection;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Backends.Channels;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>How the proxy presents itself to agents: name, version, what it can do, and what a model should know about working under it.</summary>
internal static class Presentation
{
    public const string Name = "harness-mcp";

    public const string Instructions =
        "You work under a mission: a task with an owner, a set of tools and rules about how they may follow one another. "
        + "Every tool call is checked against the mission and everything it has done so far. The listed tools are all there are. "
        + "A call that the mission does not sanction comes back as an error that names the reason and what you can do instead: "
        + "read it and change course. Do not repeat a denied call unchanged, and do not look for a way round it; "
        + "if the task cannot be done within the mission, say so and stop.";

    public static string Version { get; } =
        typeof(Presentation).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    /// <param name="version">The revision that the handshake agrees on.</param>
    /// <param name="ofBackends">What backends say of themselves; null for nothing.</param>
    public static JsonObject Initialize(string version, string? ofBackends) => new()
    {
        ["protocolVersion"] = version,
        ["capabilities"] = Capabilities(),
        ["serverInfo"] = new JsonObject { ["name"] = Name, ["version"] = Version },
        ["instructions"] = ofBackends is null ? Instructions : $"{Instructions}\n\n{ofBackends}",
    };

    /// <param name="offersTasks">Whether a tool of the mission may answer later.</param>
    public static JsonObject Discover(int keepMilliseconds, string? ofBackends, bool offersTasks)
    {
        var result = new JsonObject
        {
            ["supportedVersions"] = new JsonArray([.. ProtocolVersions.Discoverable.Select(version => JsonValue.Create(version))]),
            ["capabilities"] = Capabilities(),
            ["instructions"] = ofBackends is null ? Instructions : $"{Instructions}\n\n{ofBackends}",
        };
        if (offersTasks) result["capabilities"]!["extensions"] = new JsonObject { [TaskResult.Extension] = new JsonObject() };
        MayBeKept(result, keepMilliseconds);
        return result;
    }

    /// <summary>Says how long a client may keep a result; for this agent alone, since another mission has another list.</summary>
    public static void MayBeKept(JsonObject result, int milliseconds)
    {
        result["ttlMs"] = milliseconds;
        result["cacheScope"] = "private";
    }

    /// <summary>The same for every mission and at every time: what a mission has of each, its lists say.</summary>
    private static JsonObject Capabilities() => new()
    {
        ["completions"] = new JsonObject(),
        ["logging"] = new JsonObject(),
        ["prompts"] = new JsonObject { ["listChanged"] = true },
        ["resources"] = new JsonObject { ["listChanged"] = true, ["subscribe"] = true },
        ["tools"] = new JsonObject { ["listChanged"] = true },
    };
}
