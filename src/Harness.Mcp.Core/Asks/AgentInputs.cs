using System.Collections.Immutable;

namespace Harness.Mcp.Core.Asks;

/// <summary>What a backend may ask of the agent during a call. Without a grant that names it, nothing of it exists for the backend.</summary>
[Flags]
public enum AgentInputs
{
    None = 0,

    /// <summary>`elicitation/create` with a form: the agent's user fills it in, and the answer passes through the proxy.</summary>
    Elicitation = 1,

    /// <summary>`elicitation/create` with a URL: the agent's user goes there, and what is entered there passes by the proxy.</summary>
    ElicitationUrl = 2,

    /// <summary>`sampling/createMessage`: the agent's model writes for the backend.</summary>
    Sampling = 4,

    /// <summary>`roots/list`: the folders that the agent works in.</summary>
    Roots = 8,
}

/// <summary>The written names of <see cref="AgentInputs"/>: in missions, in links and in the files of backends.</summary>
public static class AgentInputNames
{
    private static readonly ImmutableArray<(AgentInputs Input, string Name)> Names =
    [
        (AgentInputs.Elicitation, "elicitation"), (AgentInputs.ElicitationUrl, "elicitation-url"), (AgentInputs.Sampling, "sampling"), (AgentInputs.Roots, "roots"),
    ];

    public static ImmutableArray<string> All { get; } = [.. Names.Select(pair => pair.Name)];

    /// <returns><see cref="AgentInputs.None"/> where there is no such name.</returns>
    public static AgentInputs Parse(string name)
    {
        foreach (var (input, known) in Names)
            if (string.Equals(known, name, StringComparison.Ordinal))
                return input;
        return AgentInputs.None;
    }

    /// <summary>The names of all that is set, always in the same order.</summary>
    public static ImmutableArray<string> Write(AgentInputs inputs) => [.. Names.Where(pair => inputs.HasFlag(pair.Input)).Select(pair => pair.Name)];
}
