using ModelContextProtocol.Server;

namespace Harness.Mcp.ConformanceFixture;

/// <summary>
/// One tool that leaves the list and comes back, so that clients can be told of changes. It is listed at the start: a proxy that pins
/// what it sees first knows it, and needs nobody's approval when it comes back.
/// </summary>
internal sealed class ChangingTool
{
    private readonly McpServerTool _tool = McpServerTool.Create(
        () => "This tool comes and goes.",
        new McpServerToolCreateOptions { Name = "test_changing_tool", Description = "Is listed at times." });

    private readonly Lock _access = new();

    public ChangingTool() => Listed.Add(_tool);

    /// <summary>All tools of the server, for every session and request.</summary>
    public McpServerPrimitiveCollection<McpServerTool> Listed { get; } = [];

    /// <returns>Whether the tool is listed now.</returns>
    public bool Toggle()
    {
        lock (_access)
            return !Listed.Remove(_tool) && Listed.TryAdd(_tool);
    }
}
