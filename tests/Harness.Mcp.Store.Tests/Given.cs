using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Store.Tests;

/// <summary>Chains as a careful proxy would write them.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    public static readonly Digest Rules = Digest.Of("rules"u8);

    public static ToolFacts Tool { get; } = new()
    {
        Id = new ToolId(new BackendId("siem"), "get_alert"),
        Domain = "security",
        Effect = Effect.Read,
        Targets = [FieldPath.Parse("id")!],
        Labels = new ResultLabels(["untrusted"], [new FieldLabels(FieldPath.Parse("hosts[]")!, ["personal"])]),
        Definition = Digest.Of("definition"u8),
    };

    public static MissionId Mission(string name = "m") => new($"{name}-abcdefghij");

    public static JsonElement Json(string text) => JsonElement.Parse(text);

    /// <summary>A whole chain: the opening, then calls that are admitted and settled by turns.</summary>
    public static ImmutableArray<SealedLink> Chain(MissionId mission, int length) => [.. After(mission, null, length)];

    /// <summary>The links that follow one, or that begin the chain.</summary>
    public static IEnumerable<SealedLink> After(MissionId mission, SealedLink? last, int count)
    {
        for (var index = 0; index < count; index++)
        {
            var version = (last?.Link.Version ?? 0) + 1;
            last = Seal(mission, version, last?.Digest ?? Digest.Zero, BodyOf(mission, version));
            yield return last;
        }
    }

    public static SealedLink Seal(MissionId mission, long version, Digest previous, LinkBody body) =>
        LinkCodec.Seal(new Link(mission, version, Noon.AddSeconds(version), previous, body));

    public static LinkBody.MissionOpened Opened() =>
        new(Json("""{"mission":"m"}"""), Json("""{"alert":"ALR-1000"}"""), Rules, Noon.AddHours(2), "ana");

    public static LinkBody.CallAdmitted Admitted(CallId call) =>
        new(call, new AgentId("soc-responder"), Tool, Json("""{"id":"ALR-1000"}"""), Digest.Of("arguments"u8), Rules, RequestTrace.None);

    /// <summary>The same call, with a backend that may ask for a form to be filled in.</summary>
    public static LinkBody.CallAdmitted Askable(CallId call) => Admitted(call) with { MayAsk = AgentInputs.Elicitation };

    public static LinkBody.InputAsked Question(CallId call, int round = 1) =>
        new(call, round, AgentInputs.Elicitation, Json("""{"who":{"method":"elicitation/create"}}"""), ["untrusted"], Noon.AddHours(1), false);

    public static LinkBody.InputGiven Answer(CallId call, int round = 1) =>
        new(call, round, Json("""{"who":{"action":"decline"}}"""), Digest.Of("answer"u8), ["untrusted"]);

    public static LinkBody.TaskOpened Task(CallId call) => new(call, "task-1", Noon.AddHours(1), null, []);

    public static LinkBody.TaskReported Report(CallId call) => new(call, Noon.AddHours(1), "Half done.", ["untrusted"]);

    public static LinkBody.CallSettled Settled(CallId call) =>
        new(call, CallOutcome.Ok, Json("""{"user":"u-1","hosts":["h-1"]}"""), Digest.Of("result"u8), ["untrusted"], null);

    public static LinkBody.CallRefused Refused(CallId call) =>
        new(call, new AgentId("soc-responder"), "mail_send", null, null, new Denial(ReasonCode.ToolNotGranted, "No tool of this name is granted."), Rules, RequestTrace.None);

    /// <summary>Asks `soc-lead` about the very call that <see cref="Admitted"/> is.</summary>
    public static LinkBody.ApprovalRequested Asked(MissionId mission, CallId call)
    {
        var admitted = Admitted(call);
        var binding = ApprovalBinding.Of(mission, admitted);
        return new(call, admitted.Agent, admitted.Tool, admitted.Arguments, binding,
            [new ApprovalAsk(new RuleId("grants[0]"), "A person must approve this call first.", ["soc-lead"])], [], Noon.AddHours(1), Rules, RequestTrace.None);
    }

    /// <summary>The proxy's own call, demanded after another.</summary>
    public static LinkBody.CallAdmitted Own(CallId call, long after) =>
        Admitted(call) with { Agent = AgentId.Proxy, Obligation = new ObligationId(new RuleId("give-back"), after) };

    public static CallId Call(MissionId mission, long number) => new(new Guid(Digest.Of(
        System.Text.Encoding.UTF8.GetBytes($"{mission} {number}")).Value[8..40]));

    private static LinkBody BodyOf(MissionId mission, long version) => version switch
    {
        1 => Opened(),
        _ when version % 2 == 0 => Admitted(Call(mission, version)),
        _ => Settled(Call(mission, version - 1)),
    };
}
