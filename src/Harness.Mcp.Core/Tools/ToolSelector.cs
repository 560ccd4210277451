namespace Harness.Mcp.Core.Tools;

/// <summary>
/// How missions and rules name tools: `backend/tool`, `backend/*`, `domain:NAME` or `effect:NAME`. Comparison is ordinal.
/// </summary>
public abstract record ToolSelector
{
    private ToolSelector() { }

    public abstract bool Selects(ToolFacts tool);

    public sealed record ByName(ToolId Tool) : ToolSelector
    {
        public override bool Selects(ToolFacts tool) => tool.Id == Tool;

        public override string ToString() => Tool.ToString();
    }

    public sealed record ByBackend(BackendId Backend) : ToolSelector
    {
        public override bool Selects(ToolFacts tool) => tool.Id.Backend == Backend;

        public override string ToString() => $"{Backend}/*";
    }

    public sealed record ByDomain(string Domain) : ToolSelector
    {
        public override bool Selects(ToolFacts tool) => string.Equals(tool.Domain, Domain, StringComparison.Ordinal);

        public override string ToString() => $"domain:{Domain}";
    }

    /// <summary>Tools of one effect. `effect:write` is the general class: every tool that is not a read.</summary>
    public sealed record ByEffect(Effect Effect) : ToolSelector
    {
        public override bool Selects(ToolFacts tool) => Effect switch
        {
            Effect.Read => tool.Effect == Effect.Read,
            Effect.Write => tool.Effect != Effect.Read,
            _ => tool.Effect == Effect || tool.Effect == Effect.Unknown,
        };

        public override string ToString() => $"effect:{Effect.ToString().ToLowerInvariant()}";
    }

    /// <summary>Reads a selector. Returns null where <paramref name="text"/> has none of the four forms.</summary>
    public static ToolSelector? Parse(string text)
    {
        if (text.StartsWith("domain:", StringComparison.Ordinal))
            return IsName(text.AsSpan(7)) ? new ByDomain(text[7..]) : null;

        if (text.StartsWith("effect:", StringComparison.Ordinal))
            return EffectNames.Parse(text[7..]) is { } effect ? new ByEffect(effect) : null;

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == text.Length - 1 || !IsName(text.AsSpan(0, slash)))
            return null;

        var backend = new BackendId(text[..slash]);
        var name = text[(slash + 1)..];
        if (name == "*")
            return new ByBackend(backend);
        return name.Contains('*', StringComparison.Ordinal) ? null : new ByName(new ToolId(backend, name));
    }

    private static bool IsName(ReadOnlySpan<char> text) =>
        text.Length > 0 && text.IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-") < 0;
}

/// <summary>The written names of effects: lower case, as in `servers.config` and `effect:NAME`.</summary>
public static class EffectNames
{
    public static Effect? Parse(string name) => name switch
    {
        "read" => Effect.Read,
        "write" => Effect.Write,
        "send" => Effect.Send,
        "destructive" => Effect.Destructive,
        "money" => Effect.Money,
        "commit" => Effect.Commit,
        "admin" => Effect.Admin,
        _ => null,
    };

    public static string Write(Effect effect) => effect switch
    {
        Effect.Read => "read",
        Effect.Write => "write",
        Effect.Send => "send",
        Effect.Destructive => "destructive",
        Effect.Money => "money",
        Effect.Commit => "commit",
        Effect.Admin => "admin",
        _ => "unknown",
    };
}
