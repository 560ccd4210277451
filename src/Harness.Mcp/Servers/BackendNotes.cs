using Harness.Mcp.Proxy.Backends.Probing;

namespace Harness.Mcp.Servers;

/// <summary>How much a note matters.</summary>
internal enum NoteLevel
{
    /// <summary>As it should be, or a choice that somebody should know of.</summary>
    Ok,

    /// <summary>Works, though not as somebody may expect.</summary>
    Warning,

    /// <summary>Does not work.</summary>
    Error,
}

/// <summary>One thing to say of a backend, with what its owner can do.</summary>
internal readonly record struct BackendNote(NoteLevel Level, string Message, string? Remedy);

/// <summary>What a look at a backend has to say to its owner, in words.</summary>
internal static class BackendNotes
{
    private const int NamesMax = 8;

    public static IEnumerable<BackendNote> Of(BackendLook look)
    {
        var name = look.Config.Id.Value;
        if (look.Result is ProbeResult.Failed failed)
        {
            yield return new(NoteLevel.Error, failed.Message, failed.Remedy);
            yield break;
        }

        if (look.Tools is not { } tools)
            yield break;
        if (look.Transport == "sse")
            yield return new(NoteLevel.Warning, "It speaks HTTP+SSE, a transport that MCP deprecated.", RemedyForTransport(look));
        if (look.Result is ProbeResult.Reached { Junk: { } junk })
            yield return new(NoteLevel.Warning, $"It writes other text than messages to its standard output (`{junk}`).", "It is skipped, and a thousand such lines end the channel: let the server log to its error stream.");
        if (tools.PinsProblem is { } unreadable)
            yield return new(NoteLevel.Error, $"The approvals of its tools cannot be read, so none counts: {unreadable}", "Restore the file, or remove it and approve the tools again.");
        if (tools.Tools.IsEmpty && tools.Refused.IsEmpty)
            yield return new(NoteLevel.Warning, "It lists no tools.", "See whether its credentials or arguments narrow what it offers.");
        foreach (var (operation, why) in look.Result is ProbeResult.Reached reached ? reached.LeftOut : [])
            yield return new(NoteLevel.Warning, $"Its operation `{operation}` is no tool: {why}", "Correct the document where the operation is wanted; nothing is to be done where it is not.");
        foreach (var (tool, why) in tools.Refused)
            yield return new(NoteLevel.Warning, $"Its tool `{tool}` is kept out of the catalog: {why}", "Tell the server's authors; no mission can be granted it.");
        if (tools.Drifted.ToList() is { Count: > 0 } drifted)
            yield return new(NoteLevel.Warning, $"{Tools(drifted)} changed since the approval: no call of {Them(drifted)} passes.", $"See what changed, and approve it: `harness servers approve {name}`.");
        if (tools.Unapproved.ToList() is { Count: > 0 } waiting)
            yield return new(NoteLevel.Warning, $"{Tools(waiting)} {(waiting.Count == 1 ? "waits" : "wait")} for approval: no call of {Them(waiting)} passes.", RemedyForWaiting(look, waiting));
        foreach (var (standing, what) in ((Proxy.Backends.ToolStanding, string)[])[(Proxy.Backends.ToolStanding.Drifted, "changed since the approval"), (Proxy.Backends.ToolStanding.Unapproved, "not approved yet")])
            if (tools.Others.Where(other => other.Standing == standing).Select(other => other.Definition.Name).ToList() is { Count: > 0 } others)
                yield return new(NoteLevel.Warning, $"Of its prompts, resource templates and instructions, {Names(others)} {(standing == Proxy.Backends.ToolStanding.Drifted ? "" : others.Count == 1 ? "is " : "are ")}{what}: no agent is shown {Them(others)}.", $"Look at what waits, and approve it: `harness servers approve {name}`.");
        if (tools.Missing is { IsEmpty: false } missing)
            yield return new(NoteLevel.Warning, $"It does not list {Names(missing)}, which its file describes.", "Correct the name there, or remove the entry.");
        if (tools.Undescribed.ToList() is { Count: > 0 } undescribed)
            yield return new(
                NoteLevel.Warning, $"Nobody has said what {Names(undescribed)} {(undescribed.Count == 1 ? "does" : "do")}: {(undescribed.Count == 1 ? "it counts" : "they count")} as the widest class.",
                "Describe each under `tools` in its file: effect, targets, content, labels, sinks.");
    }

    /// <summary>Names for a sentence, the first few of many.</summary>
    public static string Names(IReadOnlyCollection<string> names)
    {
        var shown = string.Join(", ", names.Take(NamesMax).Select(name => $"`{Terminal.Visible(name)}`"));
        return names.Count > NamesMax ? $"{shown} and {names.Count - NamesMax} more" : shown;
    }

    private static string RemedyForTransport(BackendLook look) => look.Config.Connection.Transport == "sse"
        ? "Where the server has a Streamable HTTP endpoint (mostly `/mcp`), write that into `url` and take `transport` away."
        : "Streamable HTTP is not known at its address. Where the server has an endpoint for it (mostly `/mcp`), write that into `url`; else write \"transport\": \"sse\", to have it asked at once.";

    private static string RemedyForWaiting(BackendLook look, List<string> waiting) => look.Config.Pins == Proxy.Backends.Configuration.PinPolicy.Explicit
        ? $"Write {(waiting.Count == 1 ? "its digest" : "their digests")} into `tools.NAME.pin`: {string.Join(", ", look.Tools!.Tools.Where(tool => waiting.Contains(tool.Definition.Name)).Take(NamesMax).Select(tool => $"`{Terminal.Visible(tool.Definition.Name)}` {tool.Definition.Digest}"))}."
        : $"Look at what waits, and approve it: `harness servers approve {look.Config.Id}` (a running proxy notes it, and so does `harness servers add`).";

    private static string Tools(List<string> names) => names.Count == 1 ? $"Its tool {Names(names)}" : $"Its tools {Names(names)}";

    private static string Them(List<string> names) => names.Count == 1 ? "it" : "them";
}
