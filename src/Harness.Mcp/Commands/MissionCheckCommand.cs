using System.Collections.Immutable;
using System.CommandLine;
using Harness.Mcp.Checking;
using Harness.Mcp.Core.Missions.Checking;

namespace Harness.Mcp.Commands;

/// <summary>`harness mission check`: everything that a look at missions can find, against the tools that there are.</summary>
internal static class MissionCheckCommand
{
    private const string Description =
        """
        Look for what is wrong with missions before any of them is opened: tools and fields that do not exist, grants that no call can use, rules
        that deny nothing or everything or only what others deny, tools whose owner has said nothing, and flows of labelled data that remain possible,
        each with a chain of calls that shows it. A mission is checked under all rules that would hold if it were opened now: `guardrails.yaml`, the
        terms of the backends that it may reach, and its own. Guardrails and terms are checked too, each finding at its place in their files.
        The tools are those of `servers.config` as they were last pinned; nothing is started, no backend is called.

        Examples:
          harness mission check
          harness mission check contain-account --strict
          harness servers catalog --out catalog.json
          harness mission check missions/*.yaml --catalog catalog.json --format sarif > check.sarif

        The exit code is 0 where there are no errors (with --strict: no warnings either), 1 where there are some, 2 where the check cannot be made.
        """;

    public static Command Create()
    {
        var templates = new Argument<string[]>("TEMPLATE|FILE")
        {
            Description = "Names of templates (`missions/NAME.yaml`) or files. Default: all templates of the home.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var catalog = new Option<string?>("--catalog") { HelpName = "FILE", Description = "Check against the tools of this catalog, as `harness servers catalog` writes it. Guardrails and terms are still those of the home, where there is one." };
        var strict = new Option<bool>("--strict") { Description = "Let warnings fail too." };
        var format = new FormatOption(OutputFormat.Text, OutputFormat.Json, OutputFormat.Sarif);
        var home = new HomeOption();
        var command = new Command("check", Description) { templates, catalog, strict, format, home };
        command.SetAction(result => Run(
            Terminal.Of(result),
            result.GetRequiredValue(home),
            result.GetValue(templates) ?? [],
            result.GetValue(catalog),
            result.GetValue(strict),
            result.GetValue(format)));
        return command;
    }

    private static int Run(Terminal terminal, string directory, string[] chosen, string? catalog, bool isStrict, OutputFormat format)
    {
        // Files and a catalog need no home.
        var home = Home.At(directory);
        var needsHome = catalog is null || chosen.Length == 0 || !chosen.All(IsFile);
        if (needsHome && !home.IsValid)
            return terminal.Fail(ExitCodes.Unable, home.Problems);

        ImmutableArray<Finding> ofServers = [];
        var tools = catalog is null ? new(HomeCatalog.Read(home.Value!, out ofServers)) : CatalogFile.Read(catalog);
        if (!tools.IsValid)
            return terminal.Fail(ExitCodes.Unable, tools.Problems);

        var layers = home.IsValid ? HomeLayers.Read(home.Value, tools.Value) : HomeLayers.None;
        var names = chosen.Length == 0 ? HomeTemplates.Names(home.Value!) : [.. chosen];
        var findings = new List<Finding>(ofServers.Concat(layers.Findings));
        foreach (var name in names)
        {
            var template = IsFile(name) ? HomeTemplates.ReadFile(name) : HomeTemplates.Find(home.Value!, name);
            findings.AddRange(template.IsValid ? MissionCheck.Against(template.Value, layers.Sources, tools.Value).Select(layers.Placed) : template.Problems.Select(FileFindings.Of));
        }

        var all = FileFindings.Of(findings, names.Length + layers.GuardrailFiles + (catalog is null ? CountServers(home.Value!) : layers.TermFiles));
        switch (format)
        {
            case OutputFormat.Json:
                terminal.Json(writer => FindingsJson.Write(all, writer));
                break;
            case OutputFormat.Sarif:
                terminal.Json(writer => FindingsSarif.Write(all, writer));
                break;
            default:
                FindingsText.Write(all, terminal);
                break;
        }

        return all.Count(Severity.Error) > 0 || (isStrict && all.Count(Severity.Warning) > 0) ? ExitCodes.Refused : ExitCodes.Done;
    }

    private static bool IsFile(string name) => name.Contains('.', StringComparison.Ordinal) || name.Contains('/', StringComparison.Ordinal) || name.Contains('\\', StringComparison.Ordinal);

    private static int CountServers(Home home) => Directory.Exists(home.Servers)
        ? Directory.EnumerateFiles(home.Servers, "*.json").Count(file => !file.EndsWith(".schema.json", StringComparison.OrdinalIgnoreCase))
        : 0;
}
