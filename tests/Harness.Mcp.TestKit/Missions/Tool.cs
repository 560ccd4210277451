using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.TestKit.Missions;

/// <summary>Tools as their owners would describe them.</summary>
public static class Tool
{
    public static ToolFacts Read(string id, params string[] labels) => Of(id, Effect.Read, labels, []);

    public static ToolFacts Write(string id, params string[] sinks) => Of(id, Effect.Write, [], sinks);

    public static ToolFacts Send(string id, params string[] sinks) => Of(id, Effect.Send, [], sinks.Length == 0 ? [SinkNames.External] : sinks);

    public static ToolFacts In(this ToolFacts tool, string domain) => tool with { Domain = domain };

    public static ToolId Id(string id) => ToolSelector.Parse(id) is ToolSelector.ByName(var tool)
        ? tool
        : throw new ArgumentException($"`{id}` is not `backend/tool`.", nameof(id));

    private static ToolFacts Of(string id, Effect effect, string[] labels, string[] sinks) => new()
    {
        Id = Id(id),
        Domain = Id(id).Backend.Value,
        Effect = effect,
        Labels = new ResultLabels([.. labels], []),
        Sinks = [.. sinks],
        Definition = Digest.Of("definition"u8),
    };
}
