using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Harness.Mcp.AgentDojo.Corpus;

namespace Harness.Mcp.AgentDojo.Authoring;

/// <summary>Writes the mission of one task: all reads of the suite, and the effects that the task needs, by name.</summary>
internal static class MissionAuthor
{
    /// <summary>The input that holds what the user asked for, word by word.</summary>
    public const string Request = "request";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string NameOf(TaskTerms task) => $"{Slug.Of(task.Suite)}-{Slug.Of(task.UserTask)}";

    public static string Write(Suite suite, TaskTerms task)
    {
        var backend = Slug.Of(suite.Name);
        var text = new StringBuilder();
        text.Append("# Written by `generate` from missions.json and tool-classes.json; edit those, or replay an edited copy with `--home`.\n");
        text.Append("mission: ").Append(NameOf(task)).Append('\n');
        text.Append("objective: ").Append(Quoted($"What the user asks for in {task.UserTask} of the suite {task.Suite}.")).Append('\n');
        text.Append("owner: corpus@harness.example\n");
        text.Append("agents: [assistant]\n");
        text.Append("lifetime: 1h\n");
        text.Append("inputs:\n  ").Append(Request).Append(": { type: string }\n");
        text.Append("grounding: lax\n");
        text.Append("grants:\n");

        // A tool is granted once, so a read with a bound argument cannot hide behind the grant of all reads.
        var effects = task.EffectGrants.Where(tool => !IsRead(suite, tool)).ToArray();
        var bound = task.BoundArguments
            .Where(argument => IsRead(suite, argument.Source.Tool) || effects.Contains(argument.Source.Tool, StringComparer.Ordinal))
            .ToLookup(argument => argument.Target.Tool, StringComparer.Ordinal);
        var reads = suite.Classes.Where(pair => BackendAuthor.IsRead(pair.Value)).Select(pair => pair.Key).Order(StringComparer.Ordinal).ToArray();
        var boundReads = Array.FindAll(reads, bound.Contains);
        text.Append("  - read: [")
            .AppendJoin(", ", boundReads.Length == 0 ? [$"{backend}/*"] : reads.Except(boundReads, StringComparer.Ordinal).Select(tool => Quoted($"{backend}/{tool}")))
            .Append("]\n");
        foreach (var tool in boundReads)
            AppendGrant("read", tool);
        foreach (var tool in effects)
            AppendGrant("tools", tool);
        var speaking = Array.FindAll(effects, tool => suite.Classes.TryGetValue(tool, out var known) && known.Content.Count > 0);
        if (speaking.Length > 0)
        {
            text.Append("rules:\n");
            text.Append("  - id: carries-nothing-foreign\n");
            text.Append("    on: [").AppendJoin(", ", speaking.Select(tool => Quoted($"{backend}/{tool}"))).Append("]\n");
            text.Append("    carry: { refuse: [link, secret, account] }\n");
        }

        return text.ToString();

        void AppendGrant(string key, string tool)
        {
            text.Append("  - ").Append(key).Append(": [").Append(Quoted($"{backend}/{tool}")).Append("]\n");
            if (!bound.Contains(tool))
                return;
            text.Append("    bound:\n");
            foreach (var argument in bound[tool].GroupBy(argument => argument.Target.Arg, StringComparer.Ordinal))
            {
                text.Append("      ").Append(Quoted(argument.Key)).Append(":\n");
                text.Append("        - { grounded: true }\n");
                foreach (var source in argument)
                    text.Append("        - ").Append(Source(backend, source.Source)).Append('\n');
            }
        }
    }

    private static bool IsRead(Suite suite, string tool) => suite.Classes.TryGetValue(tool, out var known) && BackendAuthor.IsRead(known);

    private static string Source(string backend, BoundSource source)
    {
        var tool = $"tool: {Quoted($"{backend}/{source.Tool}")}{(source.Field is { } field ? $", field: {Quoted(field)}" : "")}";
        var from = source.Args is { ValueKind: JsonValueKind.Object } args
            ? args.EnumerateObject().Where(member => member.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number).Select(member => $"{Quoted(member.Name)}: {Value(member.Value)}").ToArray()
            : [];
        return from.Length == 0 ? $"{{ {tool} }}" : $"{{ {tool}, from: {{ {string.Join(", ", from)} }} }}";
    }

    private static string Value(JsonElement value) => value.ValueKind == JsonValueKind.String ? Quoted(value.GetString()!) : value.GetRawText();

    /// <summary>Names and paths stand as they are; what YAML could read as something else stands in quotes.</summary>
    private static string Quoted(string text) =>
        text.Length > 0 && char.IsAsciiLetter(text[0]) && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '_' or '-' or '.')
        && text.ToLowerInvariant() is not ("true" or "false" or "null")
            ? text
            : JsonSerializer.Serialize(text, Plain);
}
