using System.Text.Json;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Servers;

/// <summary>Services that know nothing of MCP, behind the proxy and under a mission.</summary>
public sealed class OpenApiTests
{
    private const string Mission = """
        grants:
          - read: [crm/listContacts, crm/getContact]
          - tools: [crm/createContact]
            args: { body: { properties: { balance: { maximum: 100 } } } }
          - tools: [crm/deleteContact]
        rules:
          - { id: look-first, on: [crm/deleteContact], before: { tools: [crm/getContact], same: [id] } }
          - { id: one-contact, on: [crm/createContact], budget: { sum: call.args.body.balance, max: 100 } }
          - id: not-managers
            on: [crm/deleteContact]
            forbid: 'chain.exists(l, l.tool == "crm/getContact" && l.args.id == call.args.id && l.result.name == "Ada")'
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Service_IsAddedByItsDocument_AndGovernedLikeAnyBackend()
    {
        await using var service = await ApiService.StartAsync();
        using var home = new HomeUnderTest().WithMission(Mission);
        Directory.CreateDirectory(home.PathOf("servers.config"));
        await using var proxy = await home.RunAsync(Cancellation);

        var added = (await home.HarnessAsync(Cancellation, "servers", "add", "crm", "--openapi", service.Document.ToString(), "--url", service.Root.ToString(), "--header", "X-Key: ${env:PATH}")).Done;
        Assert.Contains("Its document is OpenAPI 3.1", added, StringComparison.Ordinal);
        Assert.Contains("\"deleteContact\": { \"effect\": \"destructive\"", added, StringComparison.Ordinal);
        Assert.Contains("\"createContact\": { \"effect\": \"write\"", added, StringComparison.Ordinal);
        Assert.Contains("\"getContact\": { \"effect\": \"read\"", added, StringComparison.Ordinal);
        await proxy.ConnectedAsync("crm", Cancellation);
        Assert.Contains("Approved", (await home.HarnessAsync(Cancellation, "servers", "approve", "crm", "--yes")).Done, StringComparison.Ordinal);
        Describe(home);
        var mission = await home.OpenMissionAsync(Cancellation);
        using var agent = new HttpAgent(proxy.Endpoint(mission));
        await agent.ListUntilAsync(tools => tools.Length == 4, Cancellation);

        var early = await agent.CallAsync("crm_deleteContact", Cancellation, new { id = 2 });
        var ben = await agent.CallAsync("crm_getContact", Cancellation, new { id = 2 });
        var gone = await agent.CallAsync("crm_deleteContact", Cancellation, new { id = 2 });
        await agent.CallAsync("crm_getContact", Cancellation, new { id = 1 });
        var manager = await agent.CallAsync("crm_deleteContact", Cancellation, new { id = 1 });
        var rich = await agent.CallAsync("crm_createContact", Cancellation, new { body = new { name = "Cem", email = "c@corp.example", balance = 100.5 } });
        var made = await agent.CallAsync("crm_createContact", Cancellation, new { body = new { name = "Cem", email = "c@corp.example", balance = 60 } });
        var over = await agent.CallAsync("crm_createContact", Cancellation, new { body = new { name = "Dan", email = "d@corp.example", balance = 60 } });
        var missing = await agent.CallAsync("crm_getContact", Cancellation, new { id = 99 });
        var odd = await agent.CallAsync("crm_getContact", Cancellation, new { id = "../admin" });

        Assert.Equal("history_not_satisfied", early.Reason);
        Assert.Equal("Ben", ben.Result.GetProperty("structuredContent").GetProperty("name").GetString());
        Assert.False(gone.IsError, gone.Message.ToString());
        Assert.Equal(["forbidden", "arguments_not_granted", "budget_exhausted"], [manager.Reason, rich.Reason, over.Reason]);
        Assert.False(made.IsError, made.Message.ToString());
        Assert.StartsWith("HTTP 404 (Not found)", missing.Text, StringComparison.Ordinal);
        Assert.Equal("arguments_invalid", odd.Reason);
        Assert.Equal(["Ada", "Cem"], service.Contacts.Select(contact => contact.Name));
        var listed = (await home.HarnessAsync(Cancellation, "servers", "list")).Done;
        Assert.Matches("crm +[^ ]+ +openapi +OpenAPI 3.1", listed);
        Assert.StartsWith("OpenAPI 3.1", JsonElement.Parse((await home.HarnessAsync(Cancellation, "servers", "test", "--format", "json")).Done).GetProperty("backends")[0].GetProperty("revision").GetString(), StringComparison.Ordinal);
        Assert.Contains("crm: Nobody has said what `getCard` does", (await HarnessProgram.RunAsync(["doctor", "--home", home.Root], Cancellation)).Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        var chain = await home.ExportAsync(mission, Cancellation);
        Assert.All(chain.Admitted, admitted => Assert.NotNull(chain.OutcomeOf(admitted)));
    }

    [Fact(Timeout = 120_000)]
    public async Task SampleOfRooms_AnswersAsItsReadmeSays()
    {
        using var home = new TemporaryHome(RepositoryFolder.Of("samples", "book-a-room"));
        await using var service = ChildProcess.Start(HarnessProgram.Host, ["exec", RepositoryFolder.Of("artifacts", "samples", "Samples.Rooms", "Samples.Rooms.dll"), "0"]);
        var port = (await service.LineAsync(line => line.Contains("listening on", StringComparison.Ordinal), Cancellation)).Split(':')[^1];
        var file = Path.Combine(home.Root, "servers.config", "rooms.json");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, Cancellation)).Replace("7780", port, StringComparison.Ordinal), Cancellation);
        await using var proxy = await RunningProxy.StartAsync(home.Root, Cancellation);
        await proxy.ConnectedAsync("rooms", Cancellation);
        var mission = (await HarnessProgram.RunAsync(["mission", "open", "book-a-room", "--input", "day=2027-03-01", "--home", home.Root], Cancellation)).Done.Split('\n')[0].Trim();
        using var agent = new HttpAgent(proxy.Endpoint(mission));

        Task<AgentAnswer> BookAsync(string room, string day) =>
            agent.CallAsync("rooms_book", Cancellation, new { room, body = new { day, from = 9, to = 10, subject = "Plan" } });

        Assert.Equal("history_not_satisfied", (await BookAsync("turing", "2027-03-01")).Reason);
        Assert.Equal("{\"result\":[]}", (await agent.CallAsync("rooms_listBookings", Cancellation, new { room = "turing" })).Text);
        Assert.Equal("BKG-2", (await BookAsync("turing", "2027-03-01")).Result.GetProperty("structuredContent").GetProperty("id").GetString());
        Assert.Equal("requirement_not_met", (await BookAsync("turing", "2027-03-02")).Reason);
        await agent.CallAsync("rooms_listBookings", Cancellation, new { room = "lovelace" });
        Assert.StartsWith("HTTP 409 (Conflict).", (await BookAsync("lovelace", "2027-03-01")).Text, StringComparison.Ordinal);
        Assert.Equal("not_bound", (await agent.CallAsync("rooms_cancel", Cancellation, new { id = "BKG-1" })).Reason);
        Assert.False((await agent.CallAsync("rooms_cancel", Cancellation, new { id = "BKG-2" })).IsError);
    }

    [Fact(Timeout = 120_000)]
    public async Task PersonWhoSignsIn_LetsTheRunningProxyIn()
    {
        var issuer = new TokenIssuer();
        await using var service = await ApiService.StartAsync(issuer);
        using var home = new HomeUnderTest().WithMission("""
            grants:
              - read: [crm/getContact]
            """);
        home.WithBackend("crm", $"\"openapi\": \"{service.Document}\", \"url\": \"{service.Root}\"", """ "oauth": { "grant": "authorization-code", "clientId": "harness" } """);
        var mission = await home.OpenMissionAsync(Cancellation);
        await using var proxy = await home.RunAsync(Cancellation);
        using var agent = new HttpAgent(proxy.Endpoint(mission));
        var before = await agent.CallAsync("crm_getContact", Cancellation, new { id = 1 });

        await using var login = HarnessProgram.Start(["servers", "login", "crm", "--home", home.Root]);
        var address = await login.LineAsync(line => line.StartsWith("http://", StringComparison.Ordinal), Cancellation);
        using var browser = new HttpClient();
        var page = await browser.GetStringAsync(new Uri(address), Cancellation);
        await login.WaitForExitAsync(Cancellation);
        var after = await agent.CallAsync("crm_getContact", Cancellation, new { id = 1 });
        await home.HarnessAsync(Cancellation, "servers", "remove", "crm", "--yes");

        Assert.False(File.Exists(home.PathOf("state", "oauth", "crm.json")));
        Assert.StartsWith("HTTP 401", before.Text, StringComparison.Ordinal);
        Assert.StartsWith("Thank you.", page, StringComparison.Ordinal);
        Assert.Equal(0, login.ExitCode);
        Assert.Contains("Signed in at", login.Output, StringComparison.Ordinal);
        Assert.Equal("Ada", after.Result.GetProperty("structuredContent").GetProperty("name").GetString());
        Assert.DoesNotContain("token-", proxy.Log + login.Output + login.Errors + (await home.HarnessAsync(Cancellation, "chain", "export", mission)).Output, StringComparison.Ordinal);
    }

    private static void Describe(HomeUnderTest home)
    {
        var file = home.PathOf("servers.config", "crm.json");
        var text = File.ReadAllText(file).TrimEnd();
        File.WriteAllText(file, text[..^1] + """
            , "tools": { "listContacts": { "effect": "read" }, "getContact": { "effect": "read", "targets": ["id"] }, "createContact": { "effect": "write" }, "deleteContact": { "effect": "destructive", "targets": ["id"] } } }
            """);
    }
}
