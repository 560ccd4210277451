using System.CommandLine;
using Harness.Mcp.Demo;

namespace Harness.Mcp.Commands;

/// <summary>`harness demo`: a mission over six sample backends, an agent that is led astray, and what stops it.</summary>
internal static class DemoCommand
{
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(3);

    public static Command Create()
    {
        var keep = new Option<string?>("--keep")
        {
            HelpName = "DIR",
            Description = "Writes the demo's home into this new folder and leaves it there, for `harness run --home DIR`. Default: a temporary folder.",
        };
        var command = new Command(
            "demo",
            "Show a governed agent at work, on this machine alone.") { keep };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(keep), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? keep, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(Within);
        try
        {
            var screen = DemoScreen.OfStandardOutput();
            using var home = DemoHome.Create(keep);
            if (!await new DemoRun(home, screen).RunAsync(limited.Token))
                return ExitCodes.Refused;

            screen.Heading("Your own agent");
            ConnectLines.Show(screen.Console, keep is null ? null : home.Home.Root);
            return ExitCodes.Done;
        }
        catch (DemoException failure)
        {
            await Console.Error.WriteLineAsync($"The demo could not go on: {failure.Message}");
            return ExitCodes.Unable;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync($"The demo could not start: {failure.Message}");
            return ExitCodes.Unable;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync($"The demo was not done within {Within.TotalMinutes:0} minutes.");
            return ExitCodes.Unable;
        }
    }
}
