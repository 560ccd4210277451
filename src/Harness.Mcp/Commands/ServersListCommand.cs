using System.CommandLine;
using System.Globalization;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Fleet;
using Spectre.Console;

namespace Harness.Mcp.Commands;

/// <summary>
/// `harness servers list`: what `servers.config` describes, and how the running proxy last found it. It starts no backend and connects to none.
/// </summary>
internal static class ServersListCommand
{
    public static Command Create()
    {
        var home = new HomeOption();
        var command = new Command("list", "List the backends: transport, protocol revision, tools and their standing, last error.") { home };
        command.SetAction(result => Run(Terminal.Of(result), result.GetRequiredValue(home)));
        return command;
    }

    private static int Run(Terminal terminal, string directory)
    {
        var at = Home.At(directory);
        if (at.Value is not { } home)
            return terminal.Fail(ExitCodes.Unable, at.Problems);

        var snapshot = new ServersFolder(home.Servers, new ServersConfigSurroundings(home.Root, Environment.GetEnvironmentVariable)).Read();
        var noted = StatusFile.Read(home.State);
        if (snapshot.Backends.IsEmpty && snapshot.Problems.IsEmpty)
        {
            terminal.Line("No backend is described. Write one JSON file for each into `servers.config/`, or use `harness servers import FILE`.");
            return ExitCodes.Done;
        }

        var table = new Table { Border = TableBorder.None };
        foreach (var heading in (string[])["backend", "owner", "transport", "revision", "tools", "resources", "prompts", "standing", "last error"])
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Dim))) { NoWrap = heading != "last error" });
        foreach (var config in snapshot.Backends.Values)
            table.AddRow(Row(config, noted?.Backends.FirstOrDefault(status => status.Backend == config.Id.Value), new PinFolder(Path.Combine(home.State, "pins"))));
        terminal.Rich.Write(table);
        if (noted is not null)
            terminal.Line($"As a proxy noted it at {noted.At.ToString("u", CultureInfo.InvariantCulture)}.");
        return snapshot.Problems.IsEmpty ? ExitCodes.Done : terminal.Fail(ExitCodes.Refused, snapshot.Problems);
    }

    private static Text[] Row(BackendConfig config, BackendStatus? status, PinFolder pins)
    {
        var transport = config.Connection is BackendConnection.Http { Form: HttpForm.Either } && status is { Transport: "sse" } ? status.Transport : config.Connection.Transport;
        string Count(Func<BackendStatus, int> count) => status is null ? "" : count(status).ToString(CultureInfo.InvariantCulture);
        return
        [
            .. new[]
            {
                config.Id.Value, config.Owner, transport, status?.Version ?? "", Count(one => one.Approved + one.Drifted + one.Unapproved), Count(one => one.Resources), Count(one => one.Prompts),
                Standing(config, pins), status is { IsConnected: false, LastError: { } error } ? error : "",
            }
                .Select(cell => new Text(Terminal.Visible(cell))),
        ];
    }

    /// <summary>From the pins themselves, so that an approval shows at once.</summary>
    private static string Standing(BackendConfig config, PinFolder pins)
    {
        try
        {
            var approved = pins.ReadApproved(config.Id.Value);
            var waiting = pins.ReadPending(config.Id.Value)?.WaitingBeside(approved) ?? [];
            var drifted = waiting.Count(pair => approved?.Tools.ContainsKey(pair.Key) == true);
            var parts = new List<string> { approved is null ? "never seen" : $"{approved.Tools.Count - drifted} approved" };
            if (drifted > 0)
                parts.Add($"{drifted} drifted");
            if (waiting.Length > drifted)
                parts.Add($"{waiting.Length - drifted} new");
            return string.Join(", ", parts);
        }
        catch (IOException)
        {
            return "pins unreadable: none approved";
        }
    }
}
