using System.CommandLine;
using System.Diagnostics;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Chains;

namespace Harness.Mcp.Commands;

/// <summary>`harness chain export ID`: the stored records, byte for byte, one a line.</summary>
internal static class ChainExportCommand
{
    private const int RecordsPerRead = 500;

    private const string Description =
        "Write the stored records as JSON lines, unchanged: the SHA-256 of each line, without its line feed, is what the next line names as " +
        "`previous`.";

    public static Command Create()
    {
        var id = MissionChoice.Argument();
        var output = new Option<string?>("--out", "-o") { HelpName = "FILE", Description = "A new file to write to. Default: the standard output." };
        var home = new HomeOption();
        var command = new Command("export", Description) { id, output, home };
        command.SetAction((result, cancellationToken) =>
        {
            var terminal = Terminal.Of(result);
            return MissionChoice.UseAsync(
                terminal,
                result.GetRequiredValue(home),
                result.GetRequiredValue(id),
                (store, mission) => RunAsync(terminal, store, mission, result.GetValue(output), cancellationToken),
                cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, IChainStore store, MissionId mission, string? path, CancellationToken cancellationToken)
    {
        if (store is not IRecordStore records)
            return terminal.Fail(ExitCodes.Unable, "This chain store shows no records to export.");

        try
        {
            await using var output = path is null
                ? Console.OpenStandardOutput()
                : new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
            return await WriteAsync(terminal, records, mission, output, cancellationToken);
        }
        catch (IOException) when (path is not null && File.Exists(path))
        {
            return terminal.Fail(ExitCodes.Refused, $"`{path}` exists. Name a new file: evidence is never written over.");
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            return terminal.Fail(ExitCodes.Unable, $"The records cannot be written: {unwritable.Message}");
        }
    }

    private static async Task<int> WriteAsync(
        Terminal terminal, IRecordStore records, MissionId mission, Stream output, CancellationToken cancellationToken)
    {
        var after = 0L;
        while (true)
        {
            switch (await records.ReadRecordsAsync(mission, after, RecordsPerRead, cancellationToken))
            {
                case RecordsResult.Found { Records: { IsEmpty: true } }:
                    await output.FlushAsync(cancellationToken);
                    return ExitCodes.Done;
                case RecordsResult.Found found:
                    foreach (var record in found.Records)
                    {
                        await output.WriteAsync(record.Bytes, cancellationToken);
                        await output.WriteAsync("\n"u8.ToArray(), cancellationToken);
                        after = record.Version;
                    }

                    break;
                case RecordsResult.Unavailable unavailable:
                    return terminal.Fail(ExitCodes.Unable, unavailable.Why);
                default:
                    throw new UnreachableException();
            }
        }
    }
}
