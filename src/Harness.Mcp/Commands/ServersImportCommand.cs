using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.Commands;

/// <summary>`harness servers import`: copies a client's list of servers (`mcpServers` or `servers`) into `servers.config`, one file a server.</summary>
internal static class ServersImportCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A file of Claude, Copilot or VS Code, such as `.mcp.json` or `mcp.json`." };
        var home = new HomeOption();
        var command = new Command("import", "Copy a client's servers into `servers.config/`, one file each. Nothing is started.") { file, home };
        command.SetAction(result => Run(Terminal.Of(result), result.GetRequiredValue(home), result.GetRequiredValue(file)));
        return command;
    }

    private static int Run(Terminal terminal, string directory, string file)
    {
        var at = Home.At(directory);
        if (at.Value is not { } home)
            return terminal.Fail(ExitCodes.Unable, at.Problems);

        var document = YamlReader.ReadFile(file, file);
        if (document.Value is not { } root)
            return terminal.Fail(ExitCodes.Unable, document.Problems);

        // Read as it will be read later; a variable that is not set now is no mistake of the file.
        var parsed = ServersConfigParser.Parse(root, new ServersConfigSurroundings(home.Root, name => Environment.GetEnvironmentVariable(name) ?? ""));
        if (!parsed.IsValid)
            return terminal.Fail(ExitCodes.Refused, parsed.Problems);
        if (JsonNode.Parse(File.ReadAllText(file)) is not JsonObject json || (json["mcpServers"] ?? json["servers"]) is not JsonObject servers)
            return terminal.Fail(ExitCodes.Refused, $"`{file}` has neither `mcpServers` nor `servers`. A file of our own form needs no import: copy it into `servers.config/`.");

        return Write(terminal, home, json["mcpServers"] is not null ? "mcpServers" : "servers", servers);
    }

    private static int Write(Terminal terminal, Home home, string listKey, JsonObject servers)
    {
        var files = servers.Select(server => (Name: Names.ForBackend(server.Key) ?? server.Key, Text: new JsonObject
        {
            [listKey] = new JsonObject { [server.Key] = server.Value?.DeepClone() },
        })).Select(one => (one.Name, one.Text, Path: Path.Combine(home.Servers, one.Name + ".json"))).ToArray();
        if (files.FirstOrDefault(one => File.Exists(one.Path)) is { Path: { } taken })
            return terminal.Fail(ExitCodes.Refused, $"`{taken}` exists. Remove it first, or rename the server: nothing was imported.");

        try
        {
            Directory.CreateDirectory(home.Servers);
            foreach (var (name, text, path) in files)
            {
                using var output = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
                JsonSerializer.Serialize(output, text, Indented);
                terminal.Line($"{name}: {Path.GetRelativePath(home.Root, path)}");
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return terminal.Fail(ExitCodes.Unable, $"Not all servers could be written: {failure.Message}");
        }

        terminal.Line("Every tool of these backends counts as the widest class until its owner describes it: see `servers.schema.json`.");
        return ExitCodes.Done;
    }
}
