using Harness.Mcp.EndToEnd.Tests.Homes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Samples;

/// <summary>`harness demo`, the first command of the README.</summary>
public sealed class DemoTests
{
    [Fact(Timeout = 120_000)]
    public async Task Demo_EndsWell_AndShowsTheStop()
    {
        var demo = await HarnessProgram.RunAsync(["demo"], TestContext.Current.CancellationToken);

        Assert.True(demo.ExitCode == 0, demo.Errors + demo.Output);
        var denied = Assert.Single(Lines(demo), line => line.Contains("DENIED", StringComparison.Ordinal));
        Assert.Contains("mail/send", denied, StringComparison.Ordinal);
        Assert.Contains(Lines(demo), line => line.Contains("no-leak", StringComparison.Ordinal));
        Assert.Contains(Lines(demo), line => line.Contains("chain", StringComparison.Ordinal) && line.Contains("whole: ", StringComparison.Ordinal));
        Assert.Contains("claude mcp add", demo.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', demo.Output);
    }

    [Fact(Timeout = 120_000)]
    public async Task Demo_IsRefused_WhereTheFolderToKeepIsInUse()
    {
        var folder = Directory.CreateTempSubdirectory("harness-demo-test-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "mine.txt"), "kept", TestContext.Current.CancellationToken);

        var demo = await HarnessProgram.RunAsync(["demo", "--keep", folder.FullName], TestContext.Current.CancellationToken);

        Assert.Equal(2, demo.ExitCode);
        Assert.Contains("is not empty", demo.Errors, StringComparison.Ordinal);
        Assert.Equal(["mine.txt"], folder.EnumerateFileSystemInfos().Select(entry => entry.Name));
        folder.Delete(recursive: true);
    }

    private static string[] Lines(ProgramEnd demo) => demo.Output.Split('\n');
}
