namespace Harness.Mcp.Core.Tools;

/// <summary>
/// The names under which missions, rules and links speak of what is no tool in the protocol: reading a resource, getting a prompt, asking for
/// completions, reading on in a large result. Each is a call of its backend like any tool's, as `backend/resources/read`.
/// </summary>
public static class ReservedTools
{
    /// <summary>Reads a resource; its argument is `uri`, as the backend itself writes it.</summary>
    public const string ReadResource = "resources/read";

    /// <summary>Gets a prompt; its arguments are `name`, as the backend itself writes it, and `arguments`.</summary>
    public const string GetPrompt = "prompts/get";

    /// <summary>Asks what an argument of a prompt or of a resource template may be; its arguments are `ref`, `argument` and `context`.</summary>
    public const string Complete = "completion/complete";

    /// <summary>Reads a part of a result that was too large to be answered at once; its arguments are `call`, `offset` and `bytes`.</summary>
    public const string ReadResult = "results/read";

    private static readonly string[] Families = ["resources/", "prompts/", "completion/", "results/", "server/"];

    /// <summary>Whether a backend's own tool may not have this name, since it would be mistaken for one of these.</summary>
    public static bool IsReserved(string name) => Array.Exists(Families, family => name.StartsWith(family, StringComparison.Ordinal));

    public static IReadOnlyList<string> All { get; } = [ReadResource, GetPrompt, Complete, ReadResult];

    /// <summary>Whether this is one of the calls named here.</summary>
    public static bool Contains(string name) => All.Contains(name, StringComparer.Ordinal);
}
