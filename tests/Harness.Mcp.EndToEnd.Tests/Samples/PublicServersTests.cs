using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Samples;

/// <summary>The sample over servers that npm has: its script, and what it recorded.</summary>
public sealed class PublicServersTests(ITestOutputHelper output)
{
    /// <summary>Where the machine has no Chromium, or the script is told of none, the browser's steps are left out, and it says so.</summary>
    [Theory(Timeout = 300_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Script_WritesTheTranscript_ThatIsKept(bool mayUseBrowser)
    {
        var token = TestContext.Current.CancellationToken;
        await NpmParts.InstallAsync(token);
        var sample = RepositoryFolder.Of("samples", "public-servers");
        var written = Path.GetTempFileName();
        try
        {
            var (code, said, errors) = await ChildProcess.RunAsync("bash", [Path.Combine(sample, "run.sh"), written], token, environment: new Dictionary<string, string?>
            {
                ["HARNESS"] = $"{HarnessProgram.Host} {string.Join(' ', HarnessProgram.Arguments)}",
                ["CHROMIUM"] = mayUseBrowser ? Environment.GetEnvironmentVariable("CHROMIUM") : "",
                ["PATH"] = $"{Path.GetDirectoryName(NpmParts.Node)}:{Environment.GetEnvironmentVariable("PATH")}",
            });

            Assert.True(code == 0, said + errors);
            var isLeftOut = errors.Contains("Chromium is missing", StringComparison.Ordinal);
            Assert.True(isLeftOut || mayUseBrowser);
            if (isLeftOut)
                output.WriteLine("There is no Chromium, so what the browser shows is not compared.");
            Assert.Equal(Steps(Path.Combine(sample, "transcript.md"), isLeftOut), Steps(written, isLeftOut));
        }
        finally
        {
            File.Delete(written);
        }
    }

    /// <summary>The transcript step by step; without what steps of the browser were answered, where they were left out.</summary>
    private static string[] Steps(string transcript, bool isBrowserLeftOut) =>
        [.. File.ReadAllText(transcript).Split("\n## ").Select(step => isBrowserLeftOut && step.Contains(". web_", StringComparison.Ordinal) ? step.Split('\n')[0] : step)];
}
