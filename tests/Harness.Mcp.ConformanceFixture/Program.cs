using System.Text.Json.Nodes;
using Harness.Mcp.ConformanceFixture;
using ModelContextProtocol.AspNetCore;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

// A server with the diagnostic tools, resources and prompts that the MCP conformance suite asks for, to stand behind the proxy. It speaks both protocol
// eras over Streamable HTTP: `dotnet run -- --urls http://127.0.0.1:PORT`; `--Era=legacy` or `--Era=modern` serves one alone. `--Transport=stdio` serves
// over standard streams, and `--Transport=sse` the older HTTP+SSE transport beside the newer one, at /mcp/sse.
if (args.Contains("--Transport=stdio"))
{
    var piped = Host.CreateApplicationBuilder(args);
    piped.Logging.ClearProviders();
    AddServer(piped.Services).WithStdioServerTransport();
    await piped.Build().RunAsync();
    return;
}

var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
AddServer(builder.Services).WithHttpTransport(options =>
{
    var isOld = builder.Configuration["Transport"] == "sse";
    options.SessionMode = builder.Configuration["Era"] switch
    {
        "legacy" => HttpServerSessionMode.Stateful,
        "modern" => HttpServerSessionMode.Stateless,
        _ => isOld ? HttpServerSessionMode.Stateful : HttpServerSessionMode.StatefulForInitializeClients,
    };
#pragma warning disable MCP9004, MCP9006 // Backends that know nothing newer are what it stands for.
    options.EnableLegacySse = isOld;
#pragma warning restore MCP9004, MCP9006
});

var app = builder.Build();
app.MapMcp("/mcp");
app.Run();

static IMcpServerBuilder AddServer(IServiceCollection services)
{
    services.AddSingleton<ChangingTool>();
    services.AddSingleton<ListChanges>();
    services.AddSingleton<TaskServer>();
    services.AddOptions<McpServerOptions>().PostConfigure<ChangingTool, ListChanges, TaskServer>((options, changing, changes, tasks) =>
    {
        foreach (var tool in options.ToolCollection ?? [])
            changing.Listed.TryAdd(tool);
        options.ToolCollection = changing.Listed;
        options.Capabilities = new()
        {
            Tools = new() { ListChanged = true }, Logging = new(), Resources = new() { Subscribe = true }, Prompts = new(), Completions = new(),
            Extensions = new Dictionary<string, object> { [TaskServer.Extension] = new JsonObject() },
        };
        options.Handlers.SubscriptionsListenHandler = changes.ListenAsync;
        options.Filters.Message.IncomingFilters.Add(tasks.Filter);
    });
    return services
        .AddMcpServer(options => options.ServerInfo = new() { Name = "conformance-fixture", Version = "1.0.0" })
        .WithTools<DiagnosticTools>()
        .WithTools<AskingTools>()
        .WithTools<TaskTools>()
        .WithResources<DiagnosticResources>()
        .WithPrompts<DiagnosticPrompts>()
        .WithCompleteHandler((_, _) => ValueTask.FromResult(new CompleteResult { Completion = new Completion { Values = ["testing"], Total = 1, HasMore = false } }))
        .WithSubscribeToResourcesHandler((_, _) => ValueTask.FromResult(new EmptyResult()))
        .WithUnsubscribeFromResourcesHandler((_, _) => ValueTask.FromResult(new EmptyResult()))
        .WithTools([SchemaTool.Create()]);
}
