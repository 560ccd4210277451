using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Harness.Mcp;

/// <summary>What a command's exit code says. A released number is a promise.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The command was understood and the answer is no: an input that does not fit, a mission in another state, a broken chain.</summary>
    public const int Refused = 1;

    /// <summary>The command could not be carried out: no home, no such mission, a store that cannot be read.</summary>
    public const int Unable = 2;

    /// <summary>Lets every `--help` end with the exit codes.</summary>
    public static void ShowInHelpOf(RootCommand root)
    {
        foreach (var help in root.Options.OfType<HelpOption>())
            if (help.Action is HelpAction usual)
                help.Action = new Help(usual);
    }

    private sealed class Help(HelpAction usual) : SynchronousCommandLineAction
    {
        private const string Text = """
            Exit codes:
              0  done; for `chain verify`: whole; for `mission check` and `doctor`: no errors; for `decide`: no differences
              1  no: wrong usage, an input that does not fit, a mission in another state, a broken chain, errors, differences
              2  not possible: the home, the mission or the chain store is not there or cannot be used

            """;

        public override bool ClearsParseErrors => usual.ClearsParseErrors;

        public override int Invoke(ParseResult parseResult)
        {
            var exitCode = usual.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.WriteLine(Text);
            return exitCode;
        }
    }
}
