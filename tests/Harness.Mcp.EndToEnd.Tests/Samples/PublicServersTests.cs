using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Samples;

/// <summary>The sample over servers that npm has: its script, and what it recorded.</summary>
public sealed class PublicServersTests
{
    [Fact(Timeout = 300_000)]
    public async Task Script_WritesTheTranscript_ThatIsKept()
    {
        var token = TestContext.Current.CancellationToken;
        await NpmParts.InstallAsync(token);
        var sample = RepositoryFolder.Of("samples", "public-servers");
        var written = Path.GetTempFileName();
        try
        {
            var (code, output, errors) = await ChildProcess.RunAsync("bash", [Path.Combine(sample, "run.sh"), written], token, environment: new Dictionary<string, string?>
            {
                ["HARNESS"] = $"{HarnessProgram.Host} {string.Join(' ', HarnessProgram.Arguments)}",
                ["PATH"] = $"{Path.GetDirectoryName(NpmParts.Node)}:{Environment.GetEnvironmentVariable("PATH")}",
            });

            Assert.True(code == 0, output + errors);
            Assert.Equal(await File.ReadAllLinesAsync(Path.Combine(sample, "transcript.md"), token), await File.ReadAllLinesAsync(written, token));
        }
        finally
        {
            File.Delete(written);
        }
    }
}
