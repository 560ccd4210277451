using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>Puts the authentication of agents into a program.</summary>
public static class AgentRegistration
{
    /// <summary>
    /// Adds <see cref="IAgentAuthenticator"/> and the registered agents of a folder, configured by section `Agents`. Without an issuer the
    /// program refuses to start when any listener is not on loopback.
    /// </summary>
    /// <param name="folder">Absolute path of `agents/`.</param>
    public static IServiceCollection AddHarnessAgents(this IServiceCollection services, string folder)
    {
        services.AddOptions<AgentAuthenticationOptions>()
            .BindConfiguration(AgentAuthenticationOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateDataAnnotations()
            .ValidateOnStart();

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new RegisteredAgents(folder, provider.GetRequiredService<ILogger<RegisteredAgents>>()));
        services.AddSingleton<ProtectedResource>();
        services.AddSingleton<TokenAuthenticator>();
        services.AddSingleton<DevelopmentAuthenticator>();
        services.AddSingleton<IAgentAuthenticator>(provider => provider.GetRequiredService<IOptions<AgentAuthenticationOptions>>().Value.IsDevelopment
            ? provider.GetRequiredService<DevelopmentAuthenticator>()
            : provider.GetRequiredService<TokenAuthenticator>());

        services.AddAuthentication().AddJwtBearer(TokenAuthenticator.Scheme, _ => { });
        services.AddOptions<JwtBearerOptions>(TokenAuthenticator.Scheme)
            .Configure<IOptions<AgentAuthenticationOptions>, ProtectedResource, TimeProvider>((jwt, options, resource, time) =>
            {
                if (!options.Value.IsDevelopment)
                    TokenAuthenticator.Configure(jwt, options.Value, resource, time);
            });

        services.AddHostedService<DevelopmentModeCheck>();
        services.AddHostedService<AgentsWatch>();
        return services;
    }

    /// <summary>Maps the protected-resource metadata of RFC 9728, which needs no token; nothing in development mode.</summary>
    public static IEndpointRouteBuilder MapHarnessAgentMetadata(this IEndpointRouteBuilder endpoints)
    {
        if (endpoints.ServiceProvider.GetRequiredService<IOptions<AgentAuthenticationOptions>>().Value.IsDevelopment)
            return endpoints;

        var resource = endpoints.ServiceProvider.GetRequiredService<ProtectedResource>();
        endpoints.MapGet(ProtectedResource.WellKnown + "/{**path}", (HttpRequest request, string? path) =>
            resource.Metadata(request, string.IsNullOrEmpty(path) ? "" : "/" + path) is { } metadata ? Results.Json(metadata) : Results.NotFound());
        return endpoints;
    }
}
