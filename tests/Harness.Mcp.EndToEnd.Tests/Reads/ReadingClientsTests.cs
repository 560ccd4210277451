using System.Text.Json;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Reads;

/// <summary>Clients that people use, as they read resources and get prompts: the TypeScript SDKs of both eras, and the Inspector's command line.</summary>
public sealed class ReadingClientsTests
{
    private const string Mission = """
        grants:
          - read: [notes/echo, notes/prompts/get, notes/completion/complete]
          - read: [notes/resources/read]
            args: { uri: { pattern: "^note://" } }
        """;

    [Theory(Timeout = 120_000)]
    [InlineData("v1", "legacy", false)]
    [InlineData("v2", "legacy", true)]
    [InlineData("v2", "auto", false)]
    [InlineData("v2", "auto", true)]
    public async Task TypeScriptAgent_Reads(string sdk, string era, bool isBackendModern)
    {
        var token = TestContext.Current.CancellationToken;
        using var home = Home(isBackendModern);
        var mission = await home.OpenMissionAsync(token);
        await using var proxy = await home.RunAsync(token);

        var (code, output, errors) = await ChildProcess.RunAsync(NpmParts.Node, [NpmParts.Script("reader.mjs"), sdk, era, proxy.Endpoint(mission).ToString()], token);

        Assert.True(code == 0, errors);
        var seen = JsonElement.Parse(output);
        Assert.Equal(["notes+note://1", "notes+note://2"], Texts(seen, "resources"));
        Assert.Equal(["notes+note://{id}"], Texts(seen, "templates"));
        Assert.Equal(["notes_greet", "notes_plain"], Texts(seen, "prompts"));
        Assert.Equal("""[{"uri":"notes+note://2","mimeType":"text/plain","text":"Second note."}]""", seen.GetProperty("read").GetRawText());
        Assert.Equal("arguments_not_granted", seen.GetProperty("hidden").GetProperty("data").GetProperty("reason").GetString());
        Assert.Equal((sdk == "v2" ? -32602 : -32002, "notes+note://9"), (seen.GetProperty("lacking").GetProperty("code").GetInt32(), seen.GetProperty("lacking").GetProperty("data").GetProperty("uri").GetString()));
        Assert.Contains("Say hello to Ada.", seen.GetProperty("prompt").GetRawText(), StringComparison.Ordinal);
        Assert.Equal(["A-completed", """{"type":"ref/prompt","name":"greet"}"""], Texts(seen, "completion"));
        Assert.EndsWith("The server behind `notes` says of itself:\n> Read the notes first.", seen.GetProperty("instructions").GetString(), StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("legacy")]
    [InlineData("modern")]
    public async Task Inspector_ListsReadsAndGets(string era)
    {
        var token = TestContext.Current.CancellationToken;
        using var home = Home(isBackendModern: true);
        var mission = await home.OpenMissionAsync(token);
        await using var proxy = await home.RunAsync(token);
        await NpmParts.InstallAsync(token);

        var listed = await InspectAsync("--method", "resources/list");
        var templates = await InspectAsync("--method", "resources/templates/list");
        var read = await InspectAsync("--method", "resources/read", "--uri", "notes+note://2");
        var prompts = await InspectAsync("--method", "prompts/list");
        var got = await InspectAsync("--method", "prompts/get", "--prompt-name", "notes_greet", "--prompt-args", "name=Ada");

        Assert.Equal("notes+note://1", listed.GetProperty("resources")[0].GetProperty("uri").GetString());
        Assert.Equal("notes+note://{id}", templates.GetProperty("resourceTemplates")[0].GetProperty("uriTemplate").GetString());
        Assert.Equal("Second note.", read.GetProperty("contents")[0].GetProperty("text").GetString());
        Assert.Equal("notes_greet", prompts.GetProperty("prompts")[0].GetProperty("name").GetString());
        Assert.Contains("Say hello to Ada.", got.GetRawText(), StringComparison.Ordinal);

        async Task<JsonElement> InspectAsync(params string[] arguments)
        {
            var (code, output, errors) = await ChildProcess.RunAsync(
                NpmParts.Node,
                [
                    NpmParts.Module("@modelcontextprotocol", "inspector", "clients", "launcher", "build", "index.js"), "--cli", proxy.Endpoint(mission).ToString(),
                    "--protocol-era", era, "--connect-timeout", "60000", .. arguments,
                ],
                token);
            Assert.True(code == 0, errors);
            return JsonElement.Parse(output);
        }
    }

    private static HomeUnderTest Home(bool isBackendModern) =>
        new HomeUnderTest().WithMission(Mission).WithScript("notes", new Script { IsModern = isBackendModern, HasReads = true, Instructions = "Read the notes first." });

    private static IEnumerable<string?> Texts(JsonElement of, string key) => of.GetProperty(key).EnumerateArray().Select(one => one.GetString());
}
