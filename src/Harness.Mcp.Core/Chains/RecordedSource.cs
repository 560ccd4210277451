using System.Text.Json;

namespace Harness.Mcp.Core.Chains;

/// <summary>Rules that others than the mission's author wrote, as a link keeps them: whoever reads the chain compiles them from here.</summary>
/// <param name="Name">`guardrails`, or the backend whose owner wrote them.</param>
/// <param name="Document">What was written, as JSON.</param>
public sealed record RecordedSource(string Name, JsonElement Document);
