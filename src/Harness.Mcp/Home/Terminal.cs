using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Harness.Mcp.Core.Documents;
using Spectre.Console;

namespace Harness.Mcp;

/// <summary>
/// What a command prints: answers to its output, problems to its error output. Words from outside (arguments, results, reasons) are
/// shown so that they cannot steer the terminal or change the look of what stands beside them.
/// </summary>
internal sealed class Terminal
{
    /// <summary>Rows of a redirected table are never wrapped, so that `grep` finds them whole.</summary>
    private const int RedirectedWidth = 4096;

    private readonly TextWriter _error;

    private Terminal(TextWriter output, TextWriter error)
    {
        Output = output;
        _error = error;

        var isTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        CanAsk = ReferenceEquals(output, Console.Out) && !Console.IsInputRedirected;
        Rich = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        if (!isTerminal)
            Rich.Profile.Width = RedirectedWidth;
    }

    public TextWriter Output { get; }

    /// <summary>Whether there is a person who can answer a question.</summary>
    public bool CanAsk { get; }

    /// <summary>Tables and colours, where the output is a terminal.</summary>
    public IAnsiConsole Rich { get; }

    public static Terminal Of(ParseResult result) => new(result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);

    /// <summary>Text with every control, format and unassigned character spelled out as `\u{…}`.</summary>
    public static string Visible(string text)
    {
        var visible = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var isHidden = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
            if (isHidden)
                visible.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
            else
                visible.Append(rune);
        }

        return visible.ToString();
    }

    public void Line(string text) => Output.WriteLine(Visible(text));

    /// <summary>What the user should know, though the command goes on: on the error output, so that the answer stays alone.</summary>
    public void Notes(ImmutableArray<Problem> notes)
    {
        foreach (var note in notes)
            _error.WriteLine(Visible($"note: {note}"));
    }

    /// <returns><paramref name="exitCode"/>, for the command to return.</returns>
    public int Fail(int exitCode, string message)
    {
        _error.WriteLine(Visible(message));
        return exitCode;
    }

    public int Fail(int exitCode, ImmutableArray<Problem> problems)
    {
        foreach (var problem in problems)
            _error.WriteLine(Visible(problem.ToString()));
        return exitCode;
    }
}
