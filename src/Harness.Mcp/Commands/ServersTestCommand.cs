using System.Collections.Immutable;
using System.CommandLine;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Probing;
using Harness.Mcp.Servers;

namespace Harness.Mcp.Commands;

/// <summary>`harness servers test`: connects to each backend once, beside a proxy that may run, and says what is wrong and how to mend it.</summary>
internal static class ServersTestCommand
{
    private const string Description =
        """
        Connect to each backend, or to one, list its tools and let go of it: protocol revision, time, tools that nobody described, tools that changed
        since they were approved; and where it fails, why, and what to do. Nothing is approved and nothing is written; no tool is called. A backend over
        stdio is started for it, beside the one of a running proxy. `${env:NAME}` is read from the environment of this command, not from the proxy's.

        Examples:
          harness servers test
          harness servers test mail --timeout 60s
          harness servers test --format json

        The exit code is 0 where every backend answers, 1 where one does not or its file has a mistake, 2 where there is no home.
        """;

    private static readonly TimeSpan LimitMost = TimeSpan.FromMinutes(10);

    public static Command Create()
    {
        var name = new Argument<string?>("BACKEND") { Description = "One backend. Default: all.", Arity = ArgumentArity.ZeroOrOne };
        var timeout = new Option<TimeSpan>("--timeout")
        {
            HelpName = "TIME",
            Description = "Longest time for each, such as `10s`. Default: its own `timeouts.connect`.",
            DefaultValueFactory = _ => LimitMost,
            CustomParser = result =>
            {
                if (DurationText.Parse(result.Tokens[0].Value) is { } limit && limit > TimeSpan.Zero && limit <= LimitMost)
                    return limit;
                result.AddError("`--timeout` takes a duration of at most 10 minutes, such as `10s` or `1m`.");
                return LimitMost;
            },
        };
        var format = new FormatOption(OutputFormat.Text, OutputFormat.Json);
        var home = new HomeOption();
        var command = new Command("test", Description) { name, timeout, format, home };
        command.SetAction((result, cancellationToken) => RunAsync(
            Terminal.Of(result), result.GetRequiredValue(home), result.GetValue(name), result.GetValue(timeout), result.GetValue(format), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal, string directory, string? name, TimeSpan limit, OutputFormat format, CancellationToken cancellationToken)
    {
        var at = Home.At(directory);
        if (at.Value is not { } home)
            return terminal.Fail(ExitCodes.Unable, at.Problems);

        var snapshot = HomeServers.Read(home);
        var problems = snapshot.Problems;
        ImmutableArray<BackendConfig> configs = [.. snapshot.Backends.Values];
        if (name is not null)
        {
            configs = [.. configs.Where(config => string.Equals(config.Id.Value, name, StringComparison.Ordinal))];
            var file = Path.Combine(home.Servers, name + ".json");
            problems = [.. problems.Where(problem => string.Equals(problem.Position.File, file, StringComparison.Ordinal))];
            if (configs.IsEmpty && problems.IsEmpty)
                return terminal.Fail(ExitCodes.Refused, $"No file of `{home.Servers}` describes a backend `{name}`. {Suggest.Remedy(name, snapshot.Backends.Keys)}");
        }

        var looks = await BackendLook.AtAllAsync(home, configs, limit, cancellationToken);
        if (format == OutputFormat.Json)
            terminal.Json(writer => BackendReport.Write(writer, home, looks, problems));
        else if (looks.IsEmpty && problems.IsEmpty)
            terminal.Line("No backend is described. `harness servers add` describes one.");
        else
            BackendReport.Write(terminal, looks);

        if (!problems.IsEmpty)
            return format == OutputFormat.Json ? ExitCodes.Refused : terminal.Fail(ExitCodes.Refused, problems);
        return looks.Any(look => look.Result is ProbeResult.Failed || look.Tools is { PinsProblem: not null }) ? ExitCodes.Refused : ExitCodes.Done;
    }
}
