using System.ClientModel;
using System.Globalization;
using Harness.Mcp.Samples.Agent.Scripts;
using Microsoft.Extensions.AI;
using OpenAI;

namespace Harness.Mcp.Samples.Agent;

/// <summary>The model behind the agent: a script, unless the environment names a real one.</summary>
internal static class AgentModel
{
    /// <param name="environment">Looks up an environment variable.</param>
    /// <exception cref="InvalidOperationException">A model is named, but not how to reach it.</exception>
    public static IChatClient FromEnvironment(Func<string, string?> environment)
    {
        if (environment("OPENAI_MODEL") is not { Length: > 0 } name)
            return new ScriptedModel(int.TryParse(environment("SCRIPT_PACE_MS"), NumberStyles.None, CultureInfo.InvariantCulture, out var pace) ? TimeSpan.FromMilliseconds(pace) : TimeSpan.Zero);

        var options = new OpenAIClientOptions();
        if (environment("OPENAI_BASE_URL") is { Length: > 0 } address)
            options.Endpoint = Uri.TryCreate(address, UriKind.Absolute, out var endpoint)
                ? endpoint
                : throw new InvalidOperationException("`OPENAI_BASE_URL` must be an absolute URL, as `http://127.0.0.1:11434/v1`.");

        // Endpoints on one's own machine often take any key; OpenAI's own needs a real one.
        var key = environment("OPENAI_API_KEY") is { Length: > 0 } given ? given
            : options.Endpoint is not null ? "none"
            : throw new InvalidOperationException("`OPENAI_MODEL` is set; set `OPENAI_API_KEY` as well, or `OPENAI_BASE_URL` for an endpoint without keys.");
        return new OpenAIClient(new ApiKeyCredential(key), options).GetChatClient(name).AsIChatClient();
    }
}
