using System.CommandLine;
using Harness.Mcp.Checking;
using Harness.Mcp.Core.Missions.Checking;

namespace Harness.Mcp.Commands;

/// <summary>`harness servers catalog`: the tools of the home as one file, for checks where no backend runs.</summary>
internal static class ServersCatalogCommand
{
    public static Command Create()
    {
        var output = new Option<string?>("--out", "-o") { HelpName = "FILE", Description = "The file to write. Default: the standard output." };
        var home = new HomeOption();
        var command = new Command("catalog", "Write the approved tools, with what their owners say and their schemas, as one JSON file for `harness mission check --catalog`.")
        {
            output,
            home,
        };
        command.SetAction(result => Run(Terminal.Of(result), result.GetRequiredValue(home), result.GetValue(output)));
        return command;
    }

    private static int Run(Terminal terminal, string directory, string? path)
    {
        var home = Home.At(directory);
        if (!home.IsValid)
            return terminal.Fail(ExitCodes.Unable, home.Problems);

        var catalog = HomeCatalog.Read(home.Value, out var findings);
        var errors = findings.Where(finding => finding.Kind == CheckKind.Document).ToList();
        foreach (var error in errors)
            terminal.Fail(ExitCodes.Refused, $"{error.Position}: {error.Message} {error.Remedy}");
        if (errors.Count > 0)
            return ExitCodes.Refused;

        // Half a catalog would let missions pass that name what is missing from it.
        if (!catalog.Unseen.IsEmpty)
            return terminal.Fail(ExitCodes.Unable, $"Nothing is approved of: {string.Join(", ", catalog.Unseen)}. Start `harness run` once, so that their tools are known, and see `harness servers list` for what waits.");

        try
        {
            using var bytes = new MemoryStream();
            CatalogFile.Write(catalog, bytes);
            if (path is null)
                terminal.Output.WriteLine(System.Text.Encoding.UTF8.GetString(bytes.ToArray()));
            else
                File.WriteAllBytes(path, [.. bytes.ToArray(), (byte)'\n']);
            return ExitCodes.Done;
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            return terminal.Fail(ExitCodes.Unable, $"The catalog cannot be written: {unwritable.Message}");
        }
    }
}
