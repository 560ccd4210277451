using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>What a `requestState` of ours says: which question of which call it belongs to, and whose call that is. The agent only ever holds it sealed.</summary>
/// <param name="Arguments">Digest of the call's arguments: the repeated call must have the same.</param>
/// <param name="Inner">The backend's own state; null for none.</param>
internal sealed record RequestState(
    MissionId Mission, AgentId Agent, ToolId Tool, Digest Arguments, CallId Call, int Round, DateTimeOffset ExpiresAt, string? Inner)
{
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(new Form(
        Mission.Value, Agent.Value, Tool.Backend.Value, Tool.Name, Arguments.Value, Call.Value, Round, ExpiresAt.UtcTicks, Inner));

    /// <param name="bytes">What <see cref="ToBytes"/> gave, as the seal proves.</param>
    public static RequestState FromBytes(ReadOnlySpan<byte> bytes)
    {
        var form = JsonSerializer.Deserialize<Form>(bytes)!;
        return new RequestState(
            new MissionId(form.M), new AgentId(form.A), new ToolId(new BackendId(form.B), form.T), new Digest(form.D), new CallId(form.C), form.R,
            new DateTimeOffset(form.E, TimeSpan.Zero), form.I);
    }

    // Short names: the text travels with every round.
    private sealed record Form(string M, string A, string B, string T, string D, Guid C, int R, long E, string? I);
}
