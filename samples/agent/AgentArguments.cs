namespace Harness.Mcp.Samples.Agent;

/// <summary>What the command line says.</summary>
/// <param name="Endpoint">The MCP endpoint to work at.</param>
/// <param name="Task">What a person asks the agent to do.</param>
/// <param name="Token">The access token for the endpoint; null for none.</param>
internal sealed record AgentArguments(Uri Endpoint, string Task, string? Token)
{
    public const string Usage = """
        Usage: Samples.Agent --url URL TASK

          --url URL   The MCP endpoint, for example http://127.0.0.1:7300/mcp
          TASK        What to do, for example "Contain the account of alert ALR-1007."

        Environment:
          MCP_ACCESS_TOKEN  Access token that is sent to the endpoint.
          OPENAI_MODEL      Name of a model; without it a script plays the model.
          SCRIPT_PACE_MS    How long the script takes for a turn, for people who watch; default: 0.
          OPENAI_API_KEY    Key for the model's endpoint.
          OPENAI_BASE_URL   Any endpoint that speaks OpenAI's chat protocol; default: OpenAI's own.
          OTEL_EXPORTER_OTLP_ENDPOINT   Where the agent's own trace goes; default: nowhere.
        """;

    /// <summary>Reads the arguments, or returns null where they do not follow <see cref="Usage"/>.</summary>
    public static AgentArguments? Parse(string[] arguments) =>
        arguments is ["--url", var url, var task]
        && Uri.TryCreate(url, UriKind.Absolute, out var endpoint)
        && endpoint.Scheme is ("http" or "https")
        && !string.IsNullOrWhiteSpace(task)
            ? new AgentArguments(endpoint, task, Environment.GetEnvironmentVariable("MCP_ACCESS_TOKEN"))
            : null;
}
