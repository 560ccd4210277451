using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules;

/// <summary>
/// A short chain that a rule carries, and what the rule must say of one more call. Examples run whenever the document is read, against
/// the rule alone: a rule that does not do what its author meant is not loaded.
/// </summary>
/// <param name="After">Earlier calls, in order.</param>
/// <param name="Inputs">A JSON object: what `mission.inputs` is.</param>
public sealed record RuleExample(
    bool IsPermitted, ImmutableArray<ExampleCall> After, ExampleCall Call, JsonElement Inputs, SourcePosition Position);

/// <summary>One call of an example. Nobody has described its tool, so the example says of it what matters.</summary>
/// <param name="Later">Time since the call before; since the mission's opening for the first.</param>
/// <param name="Outcome">How it ended; <see cref="CallOutcome.Pending"/> for a call that is still running.</param>
/// <param name="Labels">What its result brought.</param>
public sealed record ExampleCall(
    AgentId Agent, ToolFacts Tool, JsonElement Arguments, TimeSpan Later, CallOutcome Outcome, JsonElement? Result, ImmutableArray<string> Labels);
