using System.Diagnostics;
using System.Text.Json;
using Harness.Mcp.AgentDojo.Authoring;
using Harness.Mcp.AgentDojo.Corpus;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;

namespace Harness.Mcp.AgentDojo.Replay;

/// <summary>
/// One mission that recorded calls are put to, in order: each is decided by the <see cref="DecisionPoint"/>, becomes a link, and where it was
/// permitted is settled with the result it had. Times and ids count up from nought, so that a replay always says the same.
/// </summary>
internal sealed class ReplayedChain
{
    private static readonly MissionId Id = new("replay");
    private static readonly AgentId Agent = new("assistant");
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly JsonElement NoArguments = JsonElement.Parse("{}");

    private readonly Governance _governance;
    private readonly MissionState _state;
    private int _calls;

    private ReplayedChain(Governance governance, MissionState state) => (_governance, _state) = (governance, state);

    /// <returns>Null where the task has no mission.</returns>
    public static ReplayedChain? Open(Governance governance, string task, string request)
    {
        if (governance.MissionOf(task) is not { } template)
            return null;
        var opened = MissionOpening.Open(template, [KeyValuePair.Create(MissionAuthor.Request, request)], "replay", Start);
        var state = opened.IsValid ? MissionState.Open(new Link(Id, 1, Start, Digest.Zero, opened.Value)) : new(opened.Problems);
        return state.IsValid
            ? new ReplayedChain(governance, state.Value)
            : throw new InvalidDataException(string.Join(Environment.NewLine, state.Problems.Select(problem => problem.ToString())));
    }

    /// <returns>Why the call was denied, or null where it was permitted.</returns>
    public Denial? Put(RecordedCall recorded)
    {
        var arguments = recorded.Args.ValueKind == JsonValueKind.Undefined ? NoArguments : recorded.Args;
        var id = new CallId(new Guid(++_calls, 0, 0, new byte[8]));
        var resolved = _governance.Resolve(recorded.Function);
        var tool = resolved?.Facts ?? _governance.Unknown(recorded.Function);
        var time = _state.Time + TimeSpan.FromSeconds(1);

        switch (DecisionPoint.Decide(_state, new ToolCall(id, Agent, tool, arguments, time)))
        {
            case Decision.Permit:
                Apply(new LinkBody.CallAdmitted(id, Agent, tool, arguments, Digest.Of(arguments), _state.Rules, RequestTrace.None), time);
                Apply(Settlement.Of(new BackendReply.Result(RecordedResult.Of(recorded)), id, tool, CallKind.Tool, resolved?.Results ?? ResultForm.Json).Link, time);
                return null;

            case Decision.Deny(var denial):
                Apply(new LinkBody.CallRefused(
                    id, Agent, recorded.Function, resolved?.Facts, arguments.ValueKind == JsonValueKind.Object ? arguments : null, denial, _state.Rules, RequestTrace.None), time);
                return denial;

            case var other:
                throw new UnreachableException($"No branch for {other.GetType().Name}.");
        }
    }

    private void Apply(LinkBody body, DateTimeOffset time) => _state.Apply(new Link(Id, _state.Version + 1, time, Digest.Zero, body));
}
