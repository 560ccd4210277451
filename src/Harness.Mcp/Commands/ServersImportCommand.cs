using System.CommandLine;
using Harness.Mcp.Servers;

namespace Harness.Mcp.Commands;

/// <summary>`harness servers import`: describes a client's servers in `servers.config`, one file each, and says what could not be carried over.</summary>
internal static class ServersImportCommand
{
    private const string Description =
        """
        Describe the servers of an MCP client (Claude, Copilot, VS Code) in `servers.config/`, one file each, in our own form. Nothing is started. What
        cannot be carried over is said, with what to do about it: secrets (they are never copied; the proxy's environment holds them), what the client
        asks people for, and the client's own settings. No file is overwritten. Each tool counts as the widest class until its owner describes it.

        Examples:
          harness servers import ~/.config/Claude/claude_desktop_config.json
          harness servers import .mcp.json --owner platform@corp.example
          harness servers import .vscode/mcp.json

        The exit code is 0 where every server was written, 1 where one was not, 2 where the file or the home cannot be read.
        """;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A file with `mcpServers` or `servers`; comments and trailing commas are allowed in it." };
        var owner = new Option<string>("--owner") { HelpName = "WHO", Description = "The person or team that answers for them. Default: the current user.", DefaultValueFactory = _ => Environment.UserName is { Length: > 0 } user ? user : "unknown" };
        var home = new HomeOption();
        var command = new Command("import", Description) { file, owner, home };
        command.SetAction(result => Run(Terminal.Of(result), result.GetRequiredValue(home), result.GetRequiredValue(file), result.GetRequiredValue(owner)));
        return command;
    }

    private static int Run(Terminal terminal, string directory, string path, string owner)
    {
        var at = Home.At(directory);
        if (at.Value is not { } home)
            return terminal.Fail(ExitCodes.Unable, at.Problems);
        var client = ClientFile.Read(path);
        if (client.Value is not { } file)
            return terminal.Fail(ExitCodes.Unable, client.Problems);
        if (file.Servers.Count == 0)
        {
            terminal.Line("The file lists no servers.");
            return ExitCodes.Done;
        }

        var (written, refused) = (0, 0);
        foreach (var (name, node) in file.Servers)
        {
            var server = ClientServer.Of(name, node, file, owner);
            var lost = server.Losses;
            if (Write(home, server) is { } reason)
            {
                refused++;
                terminal.Line($"{name}: not written.");
                lost = server.File is null ? lost : [.. lost, reason];
            }
            else
            {
                written++;
                terminal.Line($"{server.File?.Name}: {Path.GetRelativePath(home.Root, server.File?.PathIn(home) ?? home.Servers)}");
            }

            foreach (var loss in lost)
                terminal.Line($"  {(loss.Key.Length == 0 ? "" : $"{loss.Key}: ")}{loss.Message} {loss.Remedy}");
        }

        if (written > 0)
        {
            terminal.Line("");
            terminal.Line("Each tool of these backends counts as the widest class until its owner describes it under `tools` in its file.");
            terminal.Line("Next: `harness servers test` connects to them once; `harness run` approves the definitions that it sees first.");
        }

        return refused == 0 ? ExitCodes.Done : ExitCodes.Refused;
    }

    /// <returns>Why nothing was written; null where it was.</returns>
    private static Loss? Write(Home home, ClientServer server)
    {
        if (server.File is not { } file)
            return server.Losses[^1];
        var described = HomeServers.Read(home, HomeServers.AnySurroundings(home)).Backends.GetValueOrDefault(file.Name);
        if (described is not null || File.Exists(file.PathIn(home)))
            return new Loss("", $"`{(described is null ? file.PathIn(home) : HomeServers.FileOf(home, described))}` describes `{file.Name}` already.", $"Rename the server in the client's file, or take the other away: `harness servers remove {file.Name}`.");
        if (file.Read(home, HomeServers.AnySurroundings(home)) is { IsValid: false, Problems: [var problem, ..] })
            return new Loss("", problem.Message, problem.Remedy ?? "Correct the client's file.");
        try
        {
            file.Write(home);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new Loss("", $"The file could not be written: {failure.Message}", "Give this account the right to write in `servers.config`.");
        }
    }
}
