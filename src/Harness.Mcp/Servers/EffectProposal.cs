using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Servers;

/// <summary>
/// What a tool's name and its server's own words suggest of its effect. It is for the owner to weigh and never counts by itself: both come from
/// the server, which may err or lie.
/// </summary>
/// <param name="Effect">Null where nothing is suggested, or the two contradict each other.</param>
/// <param name="Arguments">Names of the tool's arguments: the owner says which are targets and which carry content.</param>
internal sealed record EffectProposal(string Tool, Effect? Effect, string Why, ImmutableArray<string> Arguments)
{
    /// <summary>From the widest effect to the narrowest: the first whose verb a name holds counts.</summary>
    private static readonly (Effect Effect, string[] Verbs)[] Verbs =
    [
        (Core.Tools.Effect.Admin, ["grant", "elevate", "assume", "impersonate", "chmod", "chown", "sudo", "permission", "permissions", "role", "roles"]),
        (Core.Tools.Effect.Money, ["pay", "payment", "refund", "charge", "purchase", "buy", "transfer", "payout"]),
        (Core.Tools.Effect.Destructive, ["delete", "remove", "drop", "destroy", "purge", "kill", "terminate", "wipe", "truncate", "erase", "disable", "isolate", "reset", "rm"]),
        (Core.Tools.Effect.Send, ["send", "post", "publish", "notify", "reply", "forward", "share", "upload", "invite", "tweet", "comment"]),
        (Core.Tools.Effect.Commit, ["commit", "merge", "push", "deploy", "release", "sign"]),
        (Core.Tools.Effect.Write, ["create", "update", "set", "add", "write", "edit", "insert", "put", "patch", "move", "rename", "copy", "save", "enable", "import", "assign", "close", "run", "execute", "exec"]),
        (Core.Tools.Effect.Read, ["get", "list", "read", "search", "find", "query", "describe", "show", "view", "lookup", "count", "check", "status", "stat", "cat", "head", "tail", "ls", "echo"]),
    ];

    public static EffectProposal Of(JsonElement definition)
    {
        var name = definition.GetProperty("name").GetString() ?? "";
        var words = Words(name);
        var (byName, verb) = Verbs.SelectMany(pair => pair.Verbs.Where(words.Contains).Select(one => ((Effect?)pair.Effect, one))).FirstOrDefault();
        var (isReadOnly, isDestructive) = (Hint(definition, "readOnlyHint"), Hint(definition, "destructiveHint"));
        Effect? byServer = (isReadOnly, isDestructive) switch
        {
            (true, _) => Core.Tools.Effect.Read,
            (_, true) => Core.Tools.Effect.Destructive,
            (false, false) => Core.Tools.Effect.Write,
            _ => null,
        };
        var arguments = ArgumentsOf(definition);
        return (byName, byServer) switch
        {
            (null, null) => new(name, null, "neither its name nor its server says", arguments),
            (null, { } said) => new(name, said, $"its server says {EffectNames.Write(said)}", arguments),
            ({ } named, Core.Tools.Effect.Read) when named != Core.Tools.Effect.Read => new(name, named, $"its name says `{verb}`, though its server says it only reads", arguments),
            (Core.Tools.Effect.Read, Core.Tools.Effect.Write) => new(name, byServer, $"its server says {EffectNames.Write(Core.Tools.Effect.Write)}, though its name says `{verb}`", arguments),
            (Core.Tools.Effect.Read, _) when isReadOnly == false => new(name, null, $"its name says `{verb}`, and its server says it does not only read", arguments),
            ({ } named, null) => new(name, named, $"its name says `{verb}`", arguments),
            ({ } named, { } said) when named == said => new(name, named, $"its name says `{verb}`, and so does its server", arguments),
            ({ } named, { } said) => new(name, named == Core.Tools.Effect.Write ? said : named, $"its name says `{verb}`, its server {EffectNames.Write(said)}", arguments),
        };
    }

    private static bool? Hint(JsonElement definition, string name) =>
        definition.TryGetProperty("annotations", out var annotations) && annotations.ValueKind == JsonValueKind.Object && annotations.TryGetProperty(name, out var hint)
            ? hint.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null }
            : null;

    private static ImmutableArray<string> ArgumentsOf(JsonElement definition) =>
        definition.TryGetProperty("inputSchema", out var schema) && schema.ValueKind == JsonValueKind.Object
        && schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
            ? [.. properties.EnumerateObject().Select(property => property.Name)]
            : [];

    /// <summary>The words of a name, in lower case: `getUser`, `get_user` and `get-user` are the same two.</summary>
    private static HashSet<string> Words(string name)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        var word = new StringBuilder();
        foreach (var character in name)
        {
            if (!char.IsLetterOrDigit(character) || (char.IsUpper(character) && word.Length > 0 && char.IsLower(word[^1])))
                Finish();
            if (char.IsLetterOrDigit(character))
                word.Append(character);
        }

        Finish();
        return words;

        void Finish()
        {
            if (word.Length > 0)
                words.Add(word.ToString().ToLowerInvariant());
            word.Clear();
        }
    }
}
