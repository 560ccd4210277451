using System.Buffers;
using System.Text;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Approvals;

/// <summary>
/// What an approval is an approval of: the mission, the agent, the tool with the definition and meaning that it had, the arguments in
/// canonical form, and the rules. A call in which any of them differs is another call, and its people are asked again.
/// </summary>
public static class ApprovalBinding
{
    public static Digest Of(MissionId mission, AgentId agent, ToolFacts tool, Digest arguments, Digest rules)
    {
        ArgumentNullException.ThrowIfNull(tool);
        var bytes = new ArrayBufferWriter<byte>(512);
        Part(bytes, "harness-mcp approval 1");
        Part(bytes, mission.Value);
        Part(bytes, agent.Value);
        Part(bytes, tool.Id.Backend.Value);
        Part(bytes, tool.Id.Name);
        Part(bytes, tool.Definition.Value);
        Part(bytes, tool.Domain);
        Part(bytes, EffectNames.Write(tool.Effect));
        Part(bytes, string.Join(',', tool.Sinks));
        Part(bytes, arguments.Value);
        Part(bytes, rules.Value);
        return Digest.Of(bytes.WrittenSpan);
    }

    public static Digest Of(MissionId mission, LinkBody.ApprovalRequested asked)
    {
        ArgumentNullException.ThrowIfNull(asked);
        return Of(mission, asked.Agent, asked.Tool, Digest.Of(asked.Arguments), asked.Rules);
    }

    public static Digest Of(MissionId mission, LinkBody.CallAdmitted admitted)
    {
        ArgumentNullException.ThrowIfNull(admitted);
        return Of(mission, admitted.Agent, admitted.Tool, Digest.Of(admitted.Arguments), admitted.Rules);
    }

    // Each part carries its length, so that no two lists of parts share their bytes.
    private static void Part(ArrayBufferWriter<byte> bytes, string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        bytes.Write(BitConverter.IsLittleEndian ? BitConverter.GetBytes(utf8.Length) : [.. BitConverter.GetBytes(utf8.Length).Reverse()]);
        bytes.Write(utf8);
    }
}
