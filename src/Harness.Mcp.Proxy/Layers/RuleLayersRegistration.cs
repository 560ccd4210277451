using Harness.Mcp.Proxy.Backends;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Layers;

/// <summary>Registers the guardrails of a home and the terms of its backends. It needs the fleet of backends.</summary>
public static class RuleLayersRegistration
{
    /// <param name="home">Absolute path of the home.</param>
    public static IServiceCollection AddHarnessRuleLayers(this IServiceCollection services, string home)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new RuleLayers(
            home, provider.GetRequiredService<BackendFleet>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RuleLayers>>()));
        services.AddSingleton<IRuleSources>(provider => provider.GetRequiredService<RuleLayers>());
        services.AddHostedService(provider => provider.GetRequiredService<RuleLayers>());
        return services;
    }
}
