using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Guard;

namespace Harness.Mcp.Proxy.Backends.Probing;

/// <summary>Why a program that should speak over its standard streams cannot be used, and what its owner can do.</summary>
internal static partial class StdioDiagnosis
{
    private const string NotStarted = "The backend was not started: ";

    private const int QuoteLengthMax = 240;

    /// <summary>Programs that come with something else, which people have to install.</summary>
    private static readonly ImmutableDictionary<string, string> ComesWith = ImmutableDictionary.CreateRange(
        StringComparer.Ordinal,
        [
            KeyValuePair.Create("npx", "Node.js"), KeyValuePair.Create("node", "Node.js"), KeyValuePair.Create("npm", "Node.js"), KeyValuePair.Create("bunx", "Bun"), KeyValuePair.Create("uvx", "uv"),
            KeyValuePair.Create("uv", "uv"), KeyValuePair.Create("dnx", "the .NET SDK"), KeyValuePair.Create("dotnet", ".NET"), KeyValuePair.Create("docker", "Docker"),
            KeyValuePair.Create("python", "Python (its name may be `python3`)"),
        ]);

    private static readonly string[] NamesOfErrors = ["ERR_", "MODULE_NOT_FOUND", "UNHANDLED_", "EXIT_", "SIG_"];

    /// <summary>What can be seen without starting anything; null where nothing is wrong.</summary>
    public static ProbeResult.Failed? BeforeStart(BackendConnection.Stdio stdio)
    {
        var spec = new GuardSpec(stdio.Command, [], stdio.Environment.ToImmutableDictionary(pair => pair.Key, pair => pair.Value.Value, StringComparer.Ordinal), stdio.WorkingDirectory);
        if (spec.Resolve() is null)
            return new ProbeResult.Failed(ProbeCause.CommandNotFound, $"There is no program `{VisibleText.Escape(stdio.Command)}`.", RemedyForCommand(stdio, spec));
        return Directory.Exists(stdio.WorkingDirectory)
            ? null
            : new ProbeResult.Failed(
                ProbeCause.FolderNotFound, $"There is no folder `{VisibleText.Escape(stdio.WorkingDirectory)}` to run it in.", "Correct `cwd`; a relative one starts where `servers.config` lies.");
    }

    /// <param name="said">The end of its error stream, as it came.</param>
    /// <param name="junk">The first line of its output that was no message, escaped; null for none.</param>
    /// <param name="why">What the wire says of it.</param>
    /// <param name="isSilent">The time was over.</param>
    public static ProbeResult.Failed Of(BackendConnection.Stdio stdio, string said, string? junk, string why, bool isSilent)
    {
        string[] lines = [.. said.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        var last = lines.Length == 0 ? "" : Quote(lines[^1]);
        if (lines.FirstOrDefault(line => line.StartsWith(NotStarted, StringComparison.Ordinal)) is { } refusal)
            return new ProbeResult.Failed(
                ProbeCause.NotRunnable, $"It was not started: {VisibleText.Escape(refusal[NotStarted.Length..])}", "Make the file executable, or write its interpreter into `command` and the file into `args`.");

        if (!isSilent && VariableNamedIn(stdio, [.. lines, junk ?? ""]) is var (variable, asking))
            return new ProbeResult.Failed(
                ProbeCause.VariableMissing, $"It ended, and names the variable `{variable}`, which it is not given.{Quote(asking)}",
                $"It gets PATH, HOME, LANG and what `env` lists, and nothing else: add \"env\": {{ \"{variable}\": \"${{env:{variable}}}\" }}{(Environment.GetEnvironmentVariable(variable) is null ? $", and set `{variable}` for the proxy" : "")}.");
        if (!isSilent && lines.FirstOrDefault(line => FileMissing().IsMatch(line)) is { } missing)
            return new ProbeResult.Failed(
                ProbeCause.FileNotFound, $"It ended, since it found no such file.{Quote(missing)}",
                $"Correct `args`; relative paths start in `{VisibleText.Escape(stdio.WorkingDirectory)}`, unless `cwd` says another folder.");
        if (junk is not null)
            return new ProbeResult.Failed(
                ProbeCause.JunkOnOutput, $"It writes other text than messages to its standard output (`{junk}`), and {(isSilent ? "does not answer" : "ends without an answer")}.{last}",
                "Standard output belongs to the protocol: let it log to its error stream, and see that `command` and `args` start an MCP server over stdio.");
        if (isSilent)
            return new ProbeResult.Failed(
                ProbeCause.Silent, $"{why}{last}",
                "See that `command` and `args` start an MCP server over stdio (started by hand it waits for input). One that is slow to start, as while it downloads itself, needs a longer `timeouts.connect`.");
        return why.StartsWith("The backend's process ended", StringComparison.Ordinal) || why.StartsWith("The backend closed its input", StringComparison.Ordinal)
            ? new ProbeResult.Failed(
                ProbeCause.Ended, $"It ended before it answered.{last}", "Start the command by hand, with the variables of `env` alone, and see what it says; is it an MCP server over stdio?")
            : new ProbeResult.Failed(ProbeCause.Protocol, why, "Look for a newer version of the server, or tell its authors.");
    }

    /// <summary>A name that looks like a variable which the program misses and is not given, with the line that has it; null for none.</summary>
    private static (string Name, string Line)? VariableNamedIn(BackendConnection.Stdio stdio, string[] lines)
    {
        foreach (var line in lines)
            if (SpeaksOfVariables().IsMatch(line))
                foreach (var name in VariableName().Matches(line).Select(match => match.Value))
                    if (!stdio.Environment.ContainsKey(name) && !NamesOfErrors.Any(error => name.StartsWith(error, StringComparison.Ordinal)))
                        return (name, line);
        return null;
    }

    private static string RemedyForCommand(BackendConnection.Stdio stdio, GuardSpec spec)
    {
        if (stdio.Command.AsSpan().ContainsAny('/', '\\'))
            return "Correct `command`: a path starts where `servers.config` lies, or at `cwd`.";
        var install = ComesWith.TryGetValue(stdio.Command, out var with) ? $"Install {with}, or write" : "Install it, or write";
        return $"{install} its whole path into `command`. It was looked for in PATH, which is `{VisibleText.Escape(spec.Environment.GetValueOrDefault("PATH") ?? "")}`.";
    }

    private static string Quote(string line)
    {
        var shown = VisibleText.Escape(line);
        return shown.Length == 0 ? "" : $" It said: `{(shown.Length > QuoteLengthMax ? shown[..QuoteLengthMax] + "…" : shown)}`";
    }

    [GeneratedRegex(@"\b[A-Z][A-Z0-9]*(_[A-Z0-9]+)+\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VariableName();

    [GeneratedRegex(@"\b(env|environ|environment|variables?|required?|requires|missing|unset|undefined|not set|must|provide|KeyError)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SpeaksOfVariables();

    [GeneratedRegex(@"Cannot find module|No such file or directory|can't open file|does not exist|ENOENT", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileMissing();
}
