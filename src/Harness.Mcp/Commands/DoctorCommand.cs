using System.CommandLine;
using Harness.Mcp.Doctor;
using Harness.Mcp.Servers;

namespace Harness.Mcp.Commands;

/// <summary>`harness doctor`: everything that can be wrong with a home, at once, each with what to do about it.</summary>
internal static class DoctorCommand
{
    private const string Description =
        """
        Look at a whole home and say what is wrong and how to mend it: settings, backends (files, and connecting to each), agents, missions, guardrails,
        the state folder and its chains, the address agents connect to, the identity provider, the collector, the clock. Nothing is changed, and no tool
        is called; it may be run beside `harness run`. Variables are read from the environment of this command, so run it as the account, and with the
        environment, of the proxy.

        Examples:
          harness doctor
          harness doctor --home /srv/harness --format json
          harness doctor --no-connect

        The exit code is 0 where nothing is an error (warnings do not count), 1 where something is, 2 where there is no home.
        """;

    public static Command Create()
    {
        var noConnect = new Option<bool>("--no-connect") { Description = "Look at files alone: start no backend, and connect to nothing." };
        var format = new FormatOption(OutputFormat.Text, OutputFormat.Json);
        var home = new HomeOption();
        var command = new Command("doctor", Description) { noConnect, format, home };
        command.SetAction((result, cancellationToken) => RunAsync(
            Terminal.Of(result), result.GetRequiredValue(home), result.GetValue(noConnect), result.GetValue(format), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, string directory, bool isOffline, OutputFormat format, CancellationToken cancellationToken)
    {
        // Settings that cannot be read are a finding; a folder that is no home is not.
        var at = Home.At(directory);
        if (!at.IsValid && !(Directory.Exists(directory) && File.Exists(Home.Usual(directory).Settings)))
            return terminal.Fail(ExitCodes.Unable, at.Problems);

        var home = at.Value ?? Home.Usual(directory);
        var examination = new Examination(home, isOffline);
        await examination.RunAsync(cancellationToken);
        if (format == OutputFormat.Json)
            terminal.Json(writer => DoctorReport.Write(writer, home, examination.All));
        else
            DoctorReport.Write(terminal, examination.All);
        return DoctorReport.Count(examination.All, NoteLevel.Error) == 0 ? ExitCodes.Done : ExitCodes.Refused;
    }
}
