using System.Text.Json;
using Harness.Mcp.Core.Chains;

namespace Harness.Mcp.Core.Asks;

/// <summary>What a pending call waits for: its backend asked the agent, and nobody has answered yet.</summary>
/// <param name="Version">The link that recorded the question.</param>
public sealed record OpenAsk(long Version, LinkBody.InputAsked Question)
{
    /// <summary>Questions that one call may ask, one after the other.</summary>
    public const int RoundsMax = 10;

    public int Round => Question.Round;

    public AgentInputs Kinds => Question.Kinds;

    /// <summary>A JSON object of the requests as the agent was shown them, each `method` and `params` under the key that its answer must have.</summary>
    public JsonElement Asked => Question.Asked;

    public bool HasExpired(DateTimeOffset time) => time >= Question.ExpiresAt;
}
