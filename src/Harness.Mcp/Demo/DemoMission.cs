using System.Diagnostics;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Operator.Missions;
using Harness.Mcp.Proxy.Layers;
using Harness.Mcp.Store;

namespace Harness.Mcp.Demo;

/// <summary>The mission that the demo opens, and completes when the agent is done.</summary>
internal static class DemoMission
{
    public const string Template = "contain-account";
    public const string Alert = "ALR-1007";
    public const string Task = $"Contain the account of alert {Alert}.";

    private const string By = "harness demo";

    /// <exception cref="DemoException">The mission document has mistakes, or the store cannot be written.</exception>
    public static async Task<MissionId> OpenAsync(Home home, IChainStore store, CancellationToken cancellationToken)
    {
        var template = HomeTemplates.Find(home, Template);
        if (!template.IsValid)
            throw new DemoException(string.Join('\n', template.Problems));

        var rules = RuleFiles.Read(home.Root, home.Servers);
        if (!rules.IsValid)
            throw new DemoException(string.Join('\n', rules.Problems));

        return await new MissionDesk(store).OpenAsync(template.Value, rules.Value, [KeyValuePair.Create("alert", Alert)], By, cancellationToken) switch
        {
            OpenAnswer.Opened opened => opened.Mission,
            OpenAnswer.Refused refused => throw new DemoException(string.Join('\n', refused.Problems)),
            OpenAnswer.Unavailable unavailable => throw new DemoException(unavailable.Why),
            _ => throw new UnreachableException(),
        };
    }

    /// <exception cref="DemoException">The mission cannot be completed.</exception>
    public static async Task CompleteAsync(MissionId mission, IChainStore store, CancellationToken cancellationToken)
    {
        var answer = await new MissionDesk(store).CompleteAsync(mission, By, "The agent reported that it is done.", cancellationToken);
        if (answer is not CommandAnswer.Done)
            throw new DemoException($"The mission could not be completed: {answer}");
    }
}
