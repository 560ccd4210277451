using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Enforcement.Asking;

namespace Harness.Mcp.Proxy.Enforcement.Tasks;

/// <summary>What the `taskId` says that an agent is given: which task of which call it stands for, and whose call that is. The agent only ever holds it sealed.</summary>
/// <param name="Arguments">Digest of the call's arguments.</param>
/// <param name="ExpiresAt">The latest time at which the task can still be open.</param>
/// <param name="Task">The backend's own id of the task.</param>
internal sealed record TaskHandle(MissionId Mission, AgentId Agent, ToolId Tool, Digest Arguments, CallId Call, DateTimeOffset ExpiresAt, string Task)
{
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(new Form(
        Mission.Value, Agent.Value, Tool.Backend.Value, Tool.Name, Arguments.Value, Call.Value, ExpiresAt.UtcTicks, Task));

    /// <param name="bytes">What <see cref="ToBytes"/> gave, as the seal proves.</param>
    public static TaskHandle FromBytes(ReadOnlySpan<byte> bytes)
    {
        var form = JsonSerializer.Deserialize<Form>(bytes)!;
        return new TaskHandle(
            new MissionId(form.M), new AgentId(form.A), new ToolId(new BackendId(form.B), form.T), new Digest(form.D), new CallId(form.C),
            new DateTimeOffset(form.E, TimeSpan.Zero), form.I);
    }

    // Short names: the text travels in a header of every request about the task.
    private sealed record Form(string M, string A, string B, string T, string D, Guid C, long E, string I);
}

/// <summary>Seals the handles of tasks, by the key that seals `requestState` and for another purpose.</summary>
/// <param name="key">32 bytes.</param>
internal sealed class TaskSeal(ReadOnlySpan<byte> key)
{
    /// <summary>Longest handle, in characters.</summary>
    public const int CharsMax = 8 * 1024;

    private readonly SealedText _texts = new(key, "ht1.", "harness-mcp task 1"u8, CharsMax);

    /// <returns>Null where the handle is too long to be carried.</returns>
    public string? Seal(TaskHandle handle) => _texts.Seal(handle.ToBytes());

    /// <returns>Null for a text that this seal did not make.</returns>
    public TaskHandle? Open(string text) => _texts.Open(text) is { } plain ? TaskHandle.FromBytes(plain) : null;
}
