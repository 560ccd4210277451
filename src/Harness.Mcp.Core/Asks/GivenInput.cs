using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Core.Asks;

/// <summary>What the agent answered, on its way to the backend that asked.</summary>
/// <param name="Value">A JSON object: the answers, each under the key of its request, exactly as they would leave.</param>
/// <param name="Labels">What answers to this backend carry, by its owner; `untrusted` where the owner says nothing.</param>
public sealed record GivenInput(AgentId Agent, JsonElement Value, ImmutableArray<string> Labels);
