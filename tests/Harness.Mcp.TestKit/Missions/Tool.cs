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

    /// <summary>With arguments that say whom or what a call acts on.</summary>
    public static ToolFacts On(this ToolFacts tool, params string[] targets) =>
        tool with { Targets = [.. targets.Select(target => FieldPath.Parse(target) ?? throw new ArgumentException($"`{target}` is not a path.", nameof(targets)))] };

    /// <summary>With a field of the result that has labels of its own; none make it trusted.</summary>
    public static ToolFacts Field(this ToolFacts tool, string path, params string[] labels) => tool with
    {
        Labels = new ResultLabels(
            tool.Labels.Whole,
            tool.Labels.Fields.Add(new FieldLabels(FieldPath.Parse(path) ?? throw new ArgumentException($"`{path}` is not a path.", nameof(path)), [.. labels]))),
    };

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
