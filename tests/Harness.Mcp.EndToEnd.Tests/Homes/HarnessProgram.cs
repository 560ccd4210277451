using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Homes;

/// <summary>The real `harness` program, as users start it.</summary>
internal static class HarnessProgram
{
    /// <summary>What starts it: `dotnet`, with <see cref="Arguments"/> before those of the command.</summary>
    public const string Host = "dotnet";

    public static string[] Arguments { get; } = ["exec", Path.Combine(AppContext.BaseDirectory, "harness.dll")];

    /// <summary>The backend that does what its tools' names say, as a program over stdio.</summary>
    public static string ScriptedBackend { get; } = Path.Combine(AppContext.BaseDirectory, "Harness.Mcp.ScriptedBackend.dll");

    public static ChildProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null) =>
        ChildProcess.Start(Host, [.. Arguments, .. arguments], environment: environment);

    /// <summary>Runs a command to its end.</summary>
    public static async Task<ProgramEnd> RunAsync(
        IEnumerable<string> arguments, CancellationToken cancellationToken, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var (code, output, errors) = await ChildProcess.RunAsync(Host, [.. Arguments, .. arguments], cancellationToken, environment: environment);
        return new ProgramEnd(code, output, errors);
    }
}

/// <summary>How a program ended, and all that it printed.</summary>
internal sealed record ProgramEnd(int ExitCode, string Output, string Errors)
{
    /// <summary>What it printed, where it ended well.</summary>
    public string Done => ExitCode == 0 ? Output.Trim() : throw new InvalidOperationException($"The program ended with {ExitCode}.\n{Output}\n{Errors}");
}
