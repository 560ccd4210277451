using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Guard;
using Harness.Mcp.Proxy.Documents;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Layers;
using Harness.Mcp.Proxy.Wire;
using Harness.Mcp.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;

namespace Harness.Mcp.Hosting;

/// <summary>Puts the proxy together: the one place that knows every part.</summary>
internal static class HarnessApp
{
    /// <summary>Prefix of environment variables that override `harness.json`, as `HARNESS_Listen__Url`.</summary>
    public const string EnvironmentPrefix = "HARNESS_";

    /// <summary>The sections of `harness.json`, with what each is bound to.</summary>
    public static IReadOnlyDictionary<string, Type> Sections { get; } = new Dictionary<string, Type>(StringComparer.Ordinal)
    {
        ["Home"] = typeof(HomeOptions),
        [ListenOptions.Section] = typeof(ListenOptions),
        [AgentAuthenticationOptions.Section] = typeof(AgentAuthenticationOptions),
        ["ChainStore"] = typeof(ChainStoreOptions),
        ["Enforcement"] = typeof(EnforcementOptions),
        [WireOptions.Section] = typeof(WireOptions),
        ["Logging"] = typeof(FreeSection),
    };

    /// <summary>What is wrong with `harness.json`; nothing where there is no such file.</summary>
    public static ImmutableArray<Problem> CheckSettings(Home home)
    {
        if (!File.Exists(home.Settings))
            return [];
        var document = YamlReader.ReadFile(home.Settings, Path.GetFileName(home.Settings));
        return document.IsValid ? SettingsCheck.Check(document.Value, Sections) : document.Problems;
    }

    /// <summary>Where settings come from: `harness.json`, then the environment.</summary>
    public static IConfigurationBuilder AddSettings(IConfigurationBuilder configuration, Home home) => configuration
        .AddJsonFile(home.Settings, optional: true, reloadOnChange: false)
        .AddEnvironmentVariables(EnvironmentPrefix);

    /// <summary>Builds the proxy of a home whose settings have no problems. Nothing listens before the application is started.</summary>
    /// <param name="overrides">Settings that come before `harness.json` and the environment, as `Listen:Url`.</param>
    public static WebApplication Build(Home home, IReadOnlyDictionary<string, string?> overrides)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = home.Root, Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        builder.Configuration.Sources.Clear();
        AddSettings(builder.Configuration, home)
            .AddInMemoryCollection(Telemetry.StandardVariables)
            .AddInMemoryCollection(overrides);

        // Standard output belongs to what the user asked for; everything else is a log on standard error.
        builder.Logging.ClearProviders();
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("ModelContextProtocol", LogLevel.Warning);
        // The host would make an activity and a log scope for each request, which nobody reads: our own spans stand for requests.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // Each link is a log record for a collector, and too much for a terminal.
        builder.Logging.AddFilter<OpenTelemetryLoggerProvider>("Harness.Mcp.Proxy.Enforcement.MissionGate", LogLevel.Debug);
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);

        var listen = Bind<ListenOptions>(builder.Configuration, ListenOptions.Section);
        builder.WebHost.UseUrls(listen.Url);

        var store = Bind<ChainStoreOptions>(builder.Configuration, "ChainStore").Open(home.Root, TimeProvider.System);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(store);
        builder.Services.AddHarnessTelemetry();
        builder.Services.AddHarnessAgents(home.Agents);
        builder.Services.AddHarnessBackends(new BackendFleetPlaces(
            home.BackendsRoot, home.Servers, home.State, GuardProgram.Self()));
        builder.Services.AddHarnessRuleLayers(home.Root);
        builder.Services.AddHarnessEnforcement(Bind<EnforcementOptions>(builder.Configuration, "Enforcement"), home.State);
        builder.Services.AddHarnessWire();

        var app = builder.Build();
        LeaveAuthenticationToTheGate(app);
        app.MapHarnessAgentMetadata();
        app.MapHarnessWire();
        return app;
    }

    /// <summary>
    /// The agents' gate authenticates each request that comes to it. The host would put its own middleware before it, since there are authentication
    /// services, and make a scope and a handler for each request; it does not where it is told that somebody did.
    /// </summary>
    private static void LeaveAuthenticationToTheGate(IApplicationBuilder app) => app.Properties["__AuthenticationMiddlewareSet"] = true;

    private static T Bind<T>(ConfigurationManager configuration, string section)
        where T : new() =>
        configuration.GetSection(section).Get<T>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new T();
}
