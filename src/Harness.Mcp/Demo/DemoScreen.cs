using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Tools;
using Spectre.Console;

namespace Harness.Mcp.Demo;

/// <summary>
/// What the demo prints while the chain grows: a line for each thing that happened, so that it reads the same on a terminal, in a
/// narrow window and in a file.
/// </summary>
internal sealed class DemoScreen
{
    private const int RedirectedWidth = 160;
    private const int DomainFromWidth = 100;
    private const int VerdictEnd = 18; // Links and verdict, each with its gap.

    private DemoScreen(IAnsiConsole console, bool isWatched) => (Console, IsWatched) = (console, isWatched);

    public IAnsiConsole Console { get; }

    /// <summary>Whether a person watches, as far as a program can tell.</summary>
    public bool IsWatched { get; }

    /// <summary>Standard output: with colours on a terminal, plain where it is redirected.</summary>
    public static DemoScreen OfStandardOutput()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = System.Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(System.Console.Out),
        });
        if (System.Console.IsOutputRedirected)
            console.Profile.Width = RedirectedWidth;
        return new DemoScreen(console, isWatched: !System.Console.IsOutputRedirected);
    }

    public void Heading(string text)
    {
        Console.WriteLine();
        Console.MarkupLineInterpolated($"[bold]{text}[/]");
    }

    public void Success(string text)
    {
        Console.WriteLine();
        Console.MarkupLineInterpolated($"[bold green]{text}[/]");
    }

    public void Note(string text) => Console.MarkupLineInterpolated($"[grey]{text}[/]");

    public void Said(string line) => Console.MarkupLineInterpolated($"[blue]       agent: {Terminal.Visible(line)}[/]");

    public void Show(ChainStep step)
    {
        switch (step)
        {
            case PermittedStep permitted:
                var isOk = permitted.End.Outcome == CallOutcome.Ok;
                Line(
                    $"{permitted.Version}-{permitted.SettledBy}",
                    isOk ? "permitted" : permitted.End.Outcome.ToString().ToLowerInvariant(),
                    isOk ? Color.Green : Color.Yellow,
                    permitted.Call.Tool,
                    permitted.Call.Tool.Id.ToString(),
                    permitted.Call.Arguments,
                    permitted.End.Labels.IsEmpty ? "" : $"brings {string.Join(", ", permitted.End.Labels)}");
                break;
            case DeniedStep denied:
                Line(
                    $"{denied.Version}",
                    "DENIED",
                    Color.Red,
                    denied.Call.Tool,
                    denied.Call.Tool?.Id.ToString() ?? Terminal.Visible(denied.Call.AskedFor),
                    denied.Call.Arguments,
                    denied.Call.Denial.Reason.Value);
                break;
            case MissionStep { What: LinkBody.MissionOpened opened }:
                Console.MarkupLineInterpolated($"{step.Version,5}  mission opened with {opened.Inputs.GetRawText()}, until {opened.ExpiresAt.ToString("u", CultureInfo.InvariantCulture)}");
                break;
            case MissionStep mission:
                Console.MarkupLineInterpolated($"{mission.Version,5}  {Words(mission.What)}");
                break;
        }
    }

    /// <summary>What a link says of the mission itself.</summary>
    public static string Words(LinkBody body) => body switch
    {
        LinkBody.MissionOpened => "mission opened",
        LinkBody.MissionSuspended => "mission suspended",
        LinkBody.MissionResumed => "mission resumed",
        LinkBody.MissionCompleted => "mission completed",
        LinkBody.MissionRevoked => "mission revoked",
        LinkBody.RulesTightened => "rules added",
        LinkBody.InputAsked => "the tool asks the agent",
        LinkBody.InputGiven => "the agent answers",
        LinkBody.InputRefused => "no answer to the tool",
        LinkBody.TaskOpened => "the tool answers later",
        LinkBody.TaskReported => "the tool reports",
        LinkBody.ObligationMissed => "obligation missed",
        LinkBody.ApprovalRequested => "approval asked",
        LinkBody.ApprovalGranted => "approval granted",
        LinkBody.ApprovalRefused => "approval refused",
        _ => throw new UnreachableException(),
    };

    /// <summary>One call on one line: what does not fit is cut from the arguments, and the domain is left out of a narrow window.</summary>
    private void Line(string links, string verdict, Color colour, ToolFacts? tool, string name, JsonElement? arguments, string more)
    {
        var domain = Console.Profile.Width < DomainFromWidth ? "" : $"{tool?.Domain ?? "",-15}";
        var start = $"{domain}{name,-24} ";
        var room = Console.Profile.Width - VerdictEnd - start.Length - more.Length - 2;
        var text = $"{start}{Cut(Terminal.Visible(FirstOf(arguments)), Math.Max(room, 0))}";
        Console.MarkupLineInterpolated($"{links,5}  [bold {colour.ToMarkup()}]{verdict,-9}[/]  {text} [yellow]{more}[/]");
    }

    /// <summary>The first argument names what the call acts on, in all of the samples' tools.</summary>
    private static string FirstOf(JsonElement? arguments)
    {
        if (arguments is { ValueKind: JsonValueKind.Object } given)
            foreach (var argument in given.EnumerateObject())
                return $"{argument.Name}={argument.Value}";
        return "";
    }

    private static string Cut(string text, int room) => text.Length <= room ? text : room < 2 ? "" : $"{text[..(room - 1)]}~";
}
