using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>A call with all that can be known about it before the mission's state is asked.</summary>
internal sealed class ProposedCall
{
    private const int AskedForMax = 128;

    private static readonly BackendId NoBackend = new("");

    /// <param name="fault">What is wrong with the call whatever its schema says; null for nothing.</param>
    public ProposedCall(AgentCall asked, CatalogTool? tool, JsonElement arguments, Denial? fault = null)
    {
        Asked = asked;
        Tool = tool;
        Arguments = arguments;
        ArgumentsDigest = Digest.Of(arguments);
        Facts = tool?.Facts ?? ToolFacts.Widest(new ToolId(NoBackend, asked.Tool), "", Digest.Zero);
        Violation = tool is null ? null : fault ?? ViolationOf(tool.Input, arguments);
        Trace = Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity
            ? new RequestTrace(activity.TraceId.ToHexString(), activity.SpanId.ToHexString())
            : RequestTrace.None;
    }

    public CallId Id { get; init; } = new(Guid.CreateVersion7());

    public AgentCall Asked { get; }

    /// <summary>Null where the catalog has no tool of the name.</summary>
    public CatalogTool? Tool { get; }

    public ToolFacts Facts { get; init; }

    public JsonElement Arguments { get; }

    public Digest ArgumentsDigest { get; }

    /// <summary>How the arguments break the tool's own input schema; null where they do not.</summary>
    public Denial? Violation { get; }

    public RequestTrace Trace { get; }

    /// <summary>The name of the mission's document; known once the mission's state was asked.</summary>
    public string? MissionName { get; set; }

    /// <summary>Whether the mission grants the tool; known once the mission's state was asked.</summary>
    public bool IsGranted { get; set; }

    /// <summary>What the mission may let the tool's backend ask of this agent, over all its calls; known once the mission's state was asked.</summary>
    public AgentInputs Declares { get; set; }

    /// <summary>Whether the call's backend may be told that it may answer later; known once the mission's state was asked.</summary>
    public bool MayHoldTask { get; set; }

    /// <summary>Version of the link that admitted the call; known once it is settled.</summary>
    public long Admission { get; set; }

    /// <summary>Labels of what the agent answers to the tool's backend.</summary>
    public ImmutableArray<string> AnswerLabels { get; set; } = [];

    /// <summary>What the agent is told while an earlier link asks people about this very call; null where none does.</summary>
    public Denial? Waiting { get; set; }

    /// <summary>Whether the agent was shown an output schema for this tool. False for tools it was not shown, since the difference would tell that they exist.</summary>
    public bool IsShownOutputSchema => IsGranted && Tool is { } tool && tool.Definition.TryGetProperty("outputSchema", out _);

    /// <summary>The name that the agent wrote, cut to what a link keeps.</summary>
    public string AskedFor => Asked.Tool.Length <= AskedForMax ? Asked.Tool : Asked.Tool[..AskedForMax];

    /// <summary>A refused call keeps its arguments as evidence, unless they are larger than what a link keeps of a result.</summary>
    public JsonElement? RecordedArguments => JsonMarshal.GetRawUtf8Value(Arguments).Length <= ResultFacts.RecordedBytesMax ? Arguments : null;

    private static Denial? ViolationOf(JsonSchema schema, JsonElement arguments)
    {
        var violations = schema.Validate(arguments);
        if (violations.IsEmpty)
            return null;

        var said = string.Join(" ", violations.Take(3).Select(violation => violation.Message));
        return new Denial(ReasonCode.ArgumentsInvalid, $"The arguments do not fit the tool's input schema: {said} Correct them and call again.")
        {
            Argument = violations[0].InstancePath,
        };
    }
}
