using Harness.Mcp.Proxy.Backends.Reads;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Harness.Mcp.Proxy.Backends;

/// <summary>Registers the fleet of backends as the catalog and the directory that enforcement asks.</summary>
public static class BackendsRegistration
{
    public static IServiceCollection AddHarnessBackends(this IServiceCollection services, BackendFleetPlaces places)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(places);
        services.AddSingleton<BackendFleet>();
        services.AddSingleton<IToolCatalog>(provider => provider.GetRequiredService<BackendFleet>());
        services.AddSingleton<IReadCatalog>(provider => provider.GetRequiredService<BackendFleet>());
        services.AddSingleton(provider => provider.GetRequiredService<BackendFleet>().Large);
        services.AddSingleton<IResourceSource>(provider => provider.GetRequiredService<BackendFleet>());
        services.AddSingleton<IBackendDirectory>(provider => provider.GetRequiredService<BackendFleet>());
        services.AddHostedService(provider => provider.GetRequiredService<BackendFleet>());
        return services;
    }
}
