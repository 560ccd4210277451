using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp;

/// <summary>The mission templates of a home: `missions/NAME.yaml`, where NAME is the document's own `mission:`.</summary>
internal static class HomeTemplates
{
    private static readonly ImmutableArray<string> Extensions = [".yaml", ".yml", ".json"];

    /// <summary>Names of the files that could be templates, sorted.</summary>
    public static ImmutableArray<string> Names(Home home) => Directory.Exists(home.Missions)
        ? [.. Directory.EnumerateFiles(home.Missions)
            .Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.Ordinal))
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)]
        : [];

    /// <summary>One template, or every problem of its file.</summary>
    public static Parsed<MissionTemplate> Find(Home home, string name)
    {
        var names = Names(home);
        if (!names.Contains(name, StringComparer.Ordinal))
            return Refused(home.Missions, $"There is no mission template `{name}`.", names.IsEmpty ? "The folder has none." : $"There are: {string.Join(", ", names)}.");

        ImmutableArray<string> files = [.. Extensions.Select(extension => Path.Combine(home.Missions, name + extension)).Where(File.Exists)];
        if (files.Length > 1)
            return Refused(files[1], $"Template `{name}` stands in two files.", $"Keep this one or `{Path.GetFileName(files[0])}`.");

        var template = ReadFile(files[0]);
        if (!template.IsValid || string.Equals(template.Value.Name, name, StringComparison.Ordinal))
            return template;
        return Refused(files[0], $"The document's `mission:` is `{template.Value.Name}`.", $"Name the file `{template.Value.Name}{Path.GetExtension(files[0])}`, or change `mission:`.");
    }

    /// <summary>The mission in any file, whatever the file's name, or every problem of it.</summary>
    public static Parsed<MissionTemplate> ReadFile(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return Refused(file, $"The file cannot be read: {unreadable.Message}", "Give the account that runs the program access to it.");
        }

        var document = YamlReader.Read(text, file);
        return document.IsValid ? MissionParser.Parse(document.Value) : new(document.Problems);
    }

    private static Parsed<MissionTemplate> Refused(string place, string message, string remedy) =>
        new(ImmutableArray.Create(new Problem(new SourcePosition(place, 0, 0), message, remedy)));
}
