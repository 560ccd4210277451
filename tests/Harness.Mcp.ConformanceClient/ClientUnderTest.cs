using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Guard;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.ConformanceClient;

/// <summary>A home with the suite's server as its one backend, and the fleet that a running proxy has: it connects, lists, and calls each tool once.</summary>
internal sealed class ClientUnderTest(Uri server, string scenario, string revision, JsonElement context) : INoticeSink, IInputPort
{
    private const string Name = "suite";

    private const int RoundsMax = 5;

    private const AgentInputs Declared = AgentInputs.Elicitation;

    /// <summary>The metadata document by which the suite knows the client. Nobody reads it: the suite looks at the address alone.</summary>
    private const string MetadataDocument = "https://conformance-test.local/client-metadata.json";

    /// <summary>True where the server was reached and every call ended in a result.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var home = Directory.CreateTempSubdirectory("harness-client-");
        try
        {
            var servers = home.CreateSubdirectory("servers.config").FullName;
            await File.WriteAllTextAsync(Path.Combine(servers, Name + ".json"), (await DescribeAsync(cancellationToken)).ToJsonString(), cancellationToken);
            using var logging = LoggerFactory.Create(builder => builder.AddSimpleConsole());
            await using var fleet = new BackendFleet(
                new BackendFleetPlaces(home.FullName, servers, Path.Combine(home.FullName, "state"), new GuardProgram("/bin/false", [])),
                TimeProvider.System, logging.CreateLogger<BackendFleet>(), null, new RedirectFollower());
            await fleet.StartAsync(cancellationToken);
            await fleet.WaitForFirstListingsAsync(TimeSpan.FromSeconds(20), cancellationToken);
            foreach (var problem in fleet.Problems)
                Console.Error.WriteLine(problem);
            return fleet.Problems.IsEmpty && fleet.Statuses is [{ IsConnected: true }] && await CallAllAsync(fleet, cancellationToken);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    public ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken) => default;

    public ValueTask<InputReply> AskAsync(string method, JsonElement? parameters, CancellationToken cancellationToken) =>
        new(method == "elicitation/create" ? new InputReply.Result(Filled(parameters)) : new InputReply.Error(-32601, "Not declared."));

    private async Task<bool> CallAllAsync(BackendFleet fleet, CancellationToken cancellationToken)
    {
        var calls = context.TryGetProperty("toolCalls", out var given)
            ? given.EnumerateArray().Select(call => (call.GetProperty("name").GetString()!, call.GetProperty("arguments")))
            : fleet.Current.Tools.Select(tool => (tool.Facts.Id.Name, ArgumentsOf(tool, fleet.Current)));
        var isWell = true;
        foreach (var (tool, arguments) in calls)
        {
            if (fleet.Find(new BackendId(Name)) is not { } backend)
                return false;
            var reply = await CallAsync(backend, tool, arguments, cancellationToken);
            Console.Error.WriteLine($"{tool}: {reply}");
            isWell &= reply is BackendReply.Result;
        }

        return isWell;
    }

    /// <summary>One call with all its rounds: what the backend asks for is answered, and its state given back.</summary>
    private async Task<BackendReply> CallAsync(IBackendPort backend, string tool, JsonElement arguments, CancellationToken cancellationToken)
    {
        var call = new BackendCall(new MissionId("suite-1"), new CallId(Guid.CreateVersion7()), tool, arguments, null, true) { MayAsk = Declared, Declares = Declared, Inputs = this };
        var reply = await backend.CallAsync(call, this, cancellationToken);
        for (var round = 0; round < RoundsMax && reply is BackendReply.InputRequired(var requests, var state); round++)
            reply = await backend.CallAsync(call with { Retry = new CallRetry(requests is { } asked ? Answers(asked) : null, state) }, this, cancellationToken);
        return reply;
    }

    private static JsonElement Answers(JsonElement requests)
    {
        var answers = new JsonObject();
        foreach (var request in requests.EnumerateObject())
            answers[request.Name] = JsonNode.Parse(Filled(request.Value.GetProperty("params")).GetRawText());
        return JsonElement.Parse(answers.ToJsonString());
    }

    /// <summary>The form as its defaults fill it in: what an agent's user answers who changes nothing.</summary>
    private static JsonElement Filled(JsonElement? parameters)
    {
        var content = new JsonObject();
        if (parameters is { } asked && asked.TryGetProperty("requestedSchema", out var schema) && schema.TryGetProperty("properties", out var properties))
            foreach (var property in properties.EnumerateObject())
                content[property.Name] = property.Value.TryGetProperty("default", out var given) ? JsonNode.Parse(given.GetRawText()) : property.Value.GetProperty("type").GetString() switch
                {
                    "boolean" => true,
                    "number" or "integer" => 1,
                    _ => "text",
                };
        return JsonElement.Parse(new JsonObject { ["action"] = "accept", ["content"] = content }.ToJsonString());
    }

    private async Task<JsonObject> DescribeAsync(CancellationToken cancellationToken)
    {
        var file = new JsonObject { ["name"] = Name, ["owner"] = "tests", ["domain"] = "tests", ["url"] = server.ToString() };
        if (revision.Length > 0)
            file["era"] = string.CompareOrdinal(revision, "2026-07-28") >= 0 ? "modern" : "legacy";
        if (scenario.StartsWith("auth/", StringComparison.Ordinal))
            file["oauth"] = await DescribeAuthorizationAsync(cancellationToken);
        return file;
    }

    /// <summary>What an owner would write: the credentials that the suite hands out, or leave to sign in and to register.</summary>
    private async Task<JsonObject> DescribeAuthorizationAsync(CancellationToken cancellationToken)
    {
        if (!context.TryGetProperty("client_id", out var client))
            return new JsonObject { ["grant"] = "authorization-code", ["clientId"] = MetadataDocument, ["register"] = true };
        var oauth = new JsonObject
        {
            ["grant"] = scenario.StartsWith("auth/client-credentials", StringComparison.Ordinal) ? "client-credentials" : "authorization-code",
            ["clientId"] = client.GetString(),
        };
        Give("client_secret", "clientSecret");
        Give("private_key_pem", "privateKey");
        if (oauth.ContainsKey("clientSecret"))
            oauth["issuer"] = await IssuerAsync(cancellationToken);
        return oauth;

        void Give(string member, string key)
        {
            if (!context.TryGetProperty(member, out var secret))
                return;
            Environment.SetEnvironmentVariable($"SUITE_{member}", secret.GetString());
            oauth[key] = $"${{env:SUITE_{member}}}";
        }
    }

    /// <summary>An owner knows who issued the secret; here the server has to be asked.</summary>
    private async Task<string?> IssuerAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var metadata = await http.GetStringAsync(new Uri(server, "/.well-known/oauth-protected-resource" + server.AbsolutePath), cancellationToken);
        return JsonElement.Parse(metadata).GetProperty("authorization_servers")[0].GetString();
    }

    /// <summary>One scenario wants a schema back as it was listed; to the others any value of the right type will do.</summary>
    private static JsonElement ArgumentsOf(CatalogTool tool, CatalogSnapshot catalog) => tool.Facts.Id.Name == "json_schema_echo"
        ? JsonSerializer.SerializeToElement(new { schema = catalog.Find(new ToolId(new BackendId(Name), "json_schema_2020_12_tool"))?.Definition.GetProperty("inputSchema") })
        : Arguments(tool.Definition.GetProperty("inputSchema"));

    private static JsonElement Arguments(JsonElement schema)
    {
        var arguments = new JsonObject();
        if (schema.TryGetProperty("properties", out var properties))
            foreach (var property in properties.EnumerateObject())
                arguments[property.Name] = property.Value.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() switch
                {
                    "number" or "integer" => 5,
                    "boolean" => true,
                    "array" => new JsonArray(),
                    "object" => new JsonObject(),
                    _ => "text",
                }
                : "text";
        return JsonElement.Parse(arguments.ToJsonString());
    }
}
