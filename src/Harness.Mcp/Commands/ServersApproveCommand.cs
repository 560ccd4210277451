using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Commands;

/// <summary>
/// `harness servers approve`: shows how the waiting definitions differ from the approved ones, every hidden character spelled out, and pins them.
/// A running proxy sees the new pins by itself.
/// </summary>
internal static class ServersApproveCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var backend = new Argument<string>("BACKEND") { Description = "The backend's name." };
        var tool = new Argument<string?>("TOOL") { Description = "One tool. Default: all that wait.", Arity = ArgumentArity.ZeroOrOne };
        var yes = new Option<bool>("--yes", "-y") { Description = "Approve what is shown without being asked." };
        var by = new Option<string>("--by") { HelpName = "WHO", Description = "Who approves. Default: the current user.", DefaultValueFactory = _ => Environment.UserName };
        var home = new HomeOption();
        var command = new Command("approve", "Show the tools of a backend that are new or changed, and approve them.") { backend, tool, yes, by, home };
        command.SetAction(result => Run(
            Terminal.Of(result),
            result.GetRequiredValue(home),
            new Request(result.GetRequiredValue(backend), result.GetValue(tool), result.GetValue(yes), result.GetRequiredValue(by))));
        return command;
    }

    private static int Run(Terminal terminal, string directory, Request request)
    {
        var at = Home.At(directory);
        if (at.Value is not { } home)
            return terminal.Fail(ExitCodes.Unable, at.Problems);
        if (!Names.IsBackend(request.Backend))
            return terminal.Fail(ExitCodes.Refused, $"`{request.Backend}` cannot be a backend's name. {Names.BackendRule}");

        var snapshot = new ServersFolder(home.Servers, new ServersConfigSurroundings(home.Root, Environment.GetEnvironmentVariable)).Read();
        if (snapshot.Backends.GetValueOrDefault(request.Backend) is { Pins: PinPolicy.Explicit })
            return terminal.Fail(ExitCodes.Refused, $"The pins of `{request.Backend}` stand in its file: write the digest into `tools.NAME.pin` there. `harness servers approve` would be overruled.");

        var pins = new PinFolder(Path.Combine(home.State, "pins"));
        try
        {
            return Approve(terminal, pins, request);
        }
        catch (IOException failure)
        {
            return terminal.Fail(ExitCodes.Unable, failure.Message);
        }
    }

    private static int Approve(Terminal terminal, PinFolder pins, Request request)
    {
        var approved = pins.ReadApproved(request.Backend);
        var pending = pins.ReadPending(request.Backend);
        var waiting = pending?.WaitingBeside(approved) ?? [];
        if (request.Tool is { } name)
        {
            var chosen = waiting.Where(pair => string.Equals(pair.Key, name, StringComparison.Ordinal)).ToImmutableArray();
            if (chosen.Length == 0)
                return terminal.Fail(ExitCodes.Refused, $"The tool `{name}` of `{request.Backend}` does not wait for approval. {Suggest.Remedy(name, waiting.Select(pair => pair.Key))}");
            waiting = chosen;
        }

        if (pending is null || waiting.Length == 0)
        {
            terminal.Line($"Nothing of `{request.Backend}` waits for approval.");
            return ExitCodes.Done;
        }

        // The digest alone is what will be compared: a definition that is not its own must not be shown in its place.
        if (waiting.FirstOrDefault(pair => Digest.Of(pair.Value.Definition).Value != pair.Value.Digest) is { Key: { } forged })
            return terminal.Fail(ExitCodes.Unable, $"The waiting definition of `{forged}` does not have the digest it is filed under. Remove `state/pins/{request.Backend}.pending.json`; a running proxy writes it anew.");

        foreach (var (tool, pin) in waiting)
            Show(terminal, tool, approved?.Tools.GetValueOrDefault(tool), pin);
        if (!request.Yes && !IsConfirmed(terminal, waiting.Length))
            return terminal.Fail(ExitCodes.Refused, "Nothing was approved.");

        // INVARIANT: what was shown is what is pinned; the pending file is not read again.
        pins.WriteApproved(Approval.Of(approved, pending, [.. waiting.Select(pair => pair.Key)], request.By, TimeProvider.System.GetUtcNow()));
        terminal.Line($"Approved: {string.Join(", ", waiting.Select(pair => $"{request.Backend}/{pair.Key}"))}.");
        return ExitCodes.Done;
    }

    private static bool IsConfirmed(Terminal terminal, int count)
    {
        if (!terminal.CanAsk)
            return false;
        terminal.Line($"Approve {(count == 1 ? "this tool" : $"these {count} tools")}? Type `yes`:");
        return string.Equals(Console.ReadLine()?.Trim(), "yes", StringComparison.Ordinal);
    }

    private static void Show(Terminal terminal, string tool, Pin? before, Pin after)
    {
        terminal.Line(before is null ? $"{tool} (new)" : $"{tool} (changed; approved {before.At:u} by {before.By})");
        terminal.Line($"  {(before is null ? "" : $"{before.Digest} -> ")}{after.Digest}");
        foreach (var line in LineDiff.Of(before is null ? [] : Lines(before.Definition), Lines(after.Definition)))
            terminal.Line(line);
        terminal.Line("");
    }

    private static string[] Lines(JsonElement definition) => JsonSerializer.Serialize(definition, Indented).Split('\n');

    private sealed record Request(string Backend, string? Tool, bool Yes, string By);
}
