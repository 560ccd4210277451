using Harness.Mcp.Proxy.Enforcement.Asking;
using Harness.Mcp.Proxy.Enforcement.Large;
using Harness.Mcp.Proxy.Enforcement.Reads;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>Registers enforcement. It needs a chain store, the rule sources, a tool catalog and a backend directory.</summary>
public static class EnforcementRegistration
{
    /// <param name="stateFolder">Where the proxy keeps what must outlive a restart.</param>
    public static IServiceCollection AddHarnessEnforcement(this IServiceCollection services, EnforcementOptions options, string stateFolder)
    {
        services.AddSingleton(options);
        services.AddSingleton(_ => new RequestStateSeal(RequestStateKey.ReadOrMake(stateFolder)));
        services.AddSingleton(_ => new TaskSeal(RequestStateKey.ReadOrMake(stateFolder)));
        services.AddSingleton<InputDesk>();
        services.AddSingleton<TaskEnds>();
        services.AddSingleton<TaskOpening>();
        services.AddSingleton<TaskQuestions>();
        services.AddSingleton<TaskOutcomes>();
        services.AddSingleton<IMissionTasks, MissionTasks>();
        services.AddHostedService<TaskKeeper>();
        services.AddSingleton<AskedCalls>();
        services.AddSingleton<MissionGates>();
        services.AddSingleton<MissionDirectory>();
        services.AddSingleton<UndeliveredAnswers>();
        services.AddSingleton<EnforcementPoint>();
        services.AddSingleton<LargeAnswers>();
        services.AddSingleton<ShownResults>();
        services.AddHostedService<LargeResultsKeeper>();
        services.AddSingleton<Compensation>();
        services.AddSingleton<MissionReads>();
        services.AddSingleton<IResourceWatches, ResourceWatches>();
        services.AddSingleton<IMissionReads>(provider => provider.GetRequiredService<MissionReads>());
        services.AddSingleton<Enforcer>();
        services.AddSingleton<IEnforcement>(provider => provider.GetRequiredService<Enforcer>());
        services.AddHostedService(provider => provider.GetRequiredService<Enforcer>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddHostedService<ObligationKeeper>();
        return services;
    }
}
