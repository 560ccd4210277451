using System.CommandLine;
using Harness.Mcp.Commands;

namespace Harness.Mcp.Tests;

/// <summary>A home of one test, and the commands run on it.</summary>
internal sealed class HomeFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("harness-home-");

    public HomeFolder() => Directory.CreateDirectory(File("missions"));

    public string Path => _folder.FullName;

    public string File(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(File(name))!);
        System.IO.File.WriteAllText(File(name), text);
    }

    /// <summary>Runs a command in this home.</summary>
    public async Task<Ran> RunAsync(params string[] arguments)
    {
        var root = new RootCommand { MissionCommand.Create(), ApprovalsCommand.Create(), ChainCommand.Create(), DecideCommand.Create(), RulesCommand.Create(), ServersCommand.Create(), DoctorCommand.Create() };
        ExitCodes.ShowInHelpOf(root);
        using var output = new StringWriter();
        using var error = new StringWriter();

        string[] all = arguments.Contains("--home", StringComparer.Ordinal) || arguments[0] == "rules" ? arguments : [.. arguments, "--home", Path];
        var exitCode = await root.Parse(all).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return new Ran(exitCode, output.ToString(), error.ToString());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>What a command did.</summary>
internal sealed record Ran(int ExitCode, string Output, string Error)
{
    public string LastLine => Output.TrimEnd('\n').Split('\n')[^1];
}
