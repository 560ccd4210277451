using System.ComponentModel;
using System.Diagnostics;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.Proxy.Tests.Fuzz;

/// <summary>A message for readers in other languages.</summary>
/// <param name="Headers">JSON for the script (`required`, `headers`); null where there is nothing to hold against the body.</param>
/// <param name="IsCall">Whether an SDK of the language, where there is one, is to read it as a call too.</param>
internal sealed record Question(byte[] Body, byte[]? Headers, bool IsCall)
{
    public string Line => $"{Convert.ToBase64String(Body)} {(Headers is null ? "-" : Convert.ToBase64String(Headers))} {(IsCall ? "call" : "-")}";
}

/// <param name="Whole">What was read; `!` and why where nothing was.</param>
/// <param name="Sdk">What the SDK read of a call; `-` where it was not asked.</param>
/// <param name="Belied">The header that the body belies; empty for none, `-` where it was not asked.</param>
internal sealed record ReaderAnswer(string Whole, string Sdk, string Belied);

/// <summary>A JSON parser of another language, in one process for as long as it is asked.</summary>
internal sealed class ReaderProcess : IDisposable
{
    private readonly Process _process;

    private ReaderProcess(string name, Process process)
    {
        Name = name;
        _process = process;
    }

    public string Name { get; }

    public static async Task<ReaderProcess> NodeAsync(CancellationToken cancellationToken)
    {
        await NpmParts.InstallAsync(cancellationToken);
        return Start("node", NpmParts.Node, [NpmParts.Script("json-reading.mjs")], "These tests need Node.js with npm.");
    }

    public static ReaderProcess Python() => Start(
        "python",
        "python3",
        ["-I", RepositoryFolder.Of("tests", "Harness.Mcp.Proxy.Tests", "Fuzz", "json_reading.py")],
        "These tests need Python 3 as `python3` on the PATH, since backends in Python read with its parser: install it, on Debian by `apt-get install python3`.");

    /// <summary>Asks all questions; the answers come in their order.</summary>
    public async Task<IReadOnlyList<ReaderAnswer>> AskAsync(IReadOnlyList<Question> questions, CancellationToken cancellationToken)
    {
        // Both at once: a pipe that is full on either side would stop the other.
        var writing = Task.Run(
            async () =>
            {
                foreach (var question in questions) await _process.StandardInput.WriteAsync($"{question.Line}\n".AsMemory(), cancellationToken);
                await _process.StandardInput.FlushAsync(cancellationToken);
            },
            cancellationToken);
        var answers = new List<ReaderAnswer>(questions.Count);
        while (answers.Count < questions.Count)
        {
            var line = await _process.StandardOutput.ReadLineAsync(cancellationToken)
                ?? throw new InvalidOperationException($"{Name} ended after {answers.Count} of {questions.Count} answers.\n{await _process.StandardError.ReadToEndAsync(cancellationToken)}");
            var parts = line.Split('\t');
            answers.Add(new ReaderAnswer(parts[0], parts[1], parts[2]));
        }

        await writing;
        return answers;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static ReaderProcess Start(string name, string program, string[] arguments, string need)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = NpmParts.Folder,
        };
        try
        {
            return new ReaderProcess(name, Process.Start(start)!);
        }
        catch (Win32Exception missing)
        {
            throw new InvalidOperationException($"`{program}` cannot be started. {need}", missing);
        }
    }
}
