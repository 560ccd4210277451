using System.Collections.Immutable;
using System.CommandLine;
using Harness.Mcp.Checking;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.OAuth;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.Commands;

/// <summary>`harness servers remove`: takes a backend out of `servers.config`, after it has said which missions lose tools by it.</summary>
internal static class ServersRemoveCommand
{
    private const string Description =
        """
        Remove the file that describes a backend, after showing which missions grant its tools. A running proxy closes its channels at once, and every
        later call of its tools is refused. Its approvals stay in `state/pins`, as a record, and tokens of a sign-in are removed; a backend that is added under the name again starts without any.

        The exit code is 0 where the file was removed, 1 where it was not, 2 where there is no home.
        """;

    public static Command Create()
    {
        var name = new Argument<string>("BACKEND") { Description = "The backend's name." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Remove it without being asked." };
        var home = new HomeOption();
        var command = new Command("remove", Description) { name, yes, home };
        command.SetAction(result => Run(Terminal.Of(result), result.GetRequiredValue(home), result.GetRequiredValue(name), result.GetValue(yes)));
        return command;
    }

    private static int Run(Terminal terminal, string directory, string name, bool isSure)
    {
        var at = Home.At(directory);
        if (at.Value is not { } home)
            return terminal.Fail(ExitCodes.Unable, at.Problems);

        var snapshot = HomeServers.Read(home, HomeServers.AnySurroundings(home));
        var config = snapshot.Backends.GetValueOrDefault(name);
        var file = config is not null ? HomeServers.FileOf(home, config) : Path.Combine(home.Servers, name + ".json");
        if (!Names.IsBackend(name) || !File.Exists(file))
            return terminal.Fail(ExitCodes.Refused, $"No file of `{home.Servers}` describes a backend `{name}`. {Suggest.Remedy(name, snapshot.Backends.Keys)}");
        if (OthersIn(file, name) is { Length: > 0 } others)
            return terminal.Fail(ExitCodes.Refused, $"`{file}` describes {string.Join(", ", others.Select(other => $"`{other}`"))} too. Take `{name}` out of it by hand; a running proxy sees the change.");

        var grants = GrantsOf(home, new BackendId(name), config).ToList();
        foreach (var (template, selector, place) in grants)
            terminal.Line($"{place}: the mission `{template}` grants `{selector}`.");
        terminal.Line(grants.Count == 0
            ? $"No mission template grants tools of `{name}`."
            : "These grants will reach nothing any more; missions that are open keep them, and their calls will be refused.");
        if (!isSure && !IsConfirmed(terminal, file))
            return terminal.Fail(ExitCodes.Refused, "Nothing was removed.");

        try
        {
            File.Delete(file);
            new OAuthStateFile(home.State, name).Delete();
            terminal.Line($"Removed: {Path.GetRelativePath(home.Root, file)}");
            return ExitCodes.Done;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return terminal.Fail(ExitCodes.Unable, $"The file could not be removed: {failure.Message}");
        }
    }

    private static bool IsConfirmed(Terminal terminal, string file)
    {
        if (!terminal.CanAsk)
            return false;
        terminal.Line($"Remove {file}? Type `yes`:");
        return string.Equals(Console.ReadLine()?.Trim(), "yes", StringComparison.Ordinal);
    }

    /// <summary>Names of the other servers in a file of an MCP client.</summary>
    private static string[] OthersIn(string file, string name) =>
        YamlReader.ReadFile(file, file).Value is DocumentNode.Map map && (map["mcpServers"] ?? map["servers"]) is DocumentNode.Map servers
            ? [.. servers.Entries.Select(entry => entry.Key).Where(key => !string.Equals(Names.ForBackend(key), name, StringComparison.Ordinal))]
            : [];

    /// <summary>The selectors of mission templates that select tools of the backend, each with its place.</summary>
    private static IEnumerable<(string Template, ToolSelector Selector, SourcePosition Place)> GrantsOf(Home home, BackendId backend, BackendConfig? config)
    {
        ImmutableArray<ToolFacts> tools = [.. HomeCatalog.Read(home, out _).Tools.Select(tool => tool.Facts).Where(facts => facts.Id.Backend == backend)];
        foreach (var name in HomeTemplates.Names(home))
            if (HomeTemplates.Find(home, name) is { IsValid: true, Value: var template })
                foreach (var grant in template.Grants)
                    foreach (var selector in grant.Selectors)
                        if (Selects(grant, selector.Value))
                            yield return (template.Name, selector.Value, selector.Position);

        bool Selects(Grant grant, ToolSelector selector) => selector switch
        {
            ToolSelector.ByName(var tool) => tool.Backend == backend,
            ToolSelector.ByBackend(var named) => named == backend,
            ToolSelector.ByDomain(var domain) when tools.IsEmpty => string.Equals(domain, config?.Domain, StringComparison.Ordinal),
            _ => tools.Any(tool => selector.Selects(tool) && (!grant.IsRead || tool.IsRead)),
        };
    }
}
